// The Ask tab: a conversation. The cited answer comes first; what a model adds follows; sources are cards with the note
// behind a click.
import { announce, banner, busy, field, fill, goTo, h, post, stream } from "./base.js";
import { openNote } from "./note_view.js";

const EXAMPLES = ["which modifier does Blue Shield need for 31255 on both sides", "how long do we have to appeal a denial at Summit HMO", "why did Medicare deny with CO-97"];

export function build(room) {
  let thread = crypto.randomUUID();
  const question = h("input", { type: "text", autocomplete: "off" });
  const day = h("input", { type: "date" });
  const send = h("button", { class: "main", type: "submit" }, "Ask");
  const form = h("form", { class: "row" }, field("Your question", question, { class: "wide" }), field("As of (empty: today)", day), send);
  const told = h("div", { id: "ask-answer" });
  const earlier = h("div", { id: "ask-earlier" });
  const fresh = h("button", { class: "small", type: "button", onclick: startAgain }, "New subject");
  let current = null;

  function startAgain() {
    thread = crypto.randomUUID();
    current = null;
    fill(earlier);
    fill(told, hints());
    question.value = "";
    question.focus();
  }

  function hints() {
    return h("p", { class: "soft" }, "For example: ", EXAMPLES.map((one) => [h("button", { class: "source", type: "button", onclick: () => { question.value = one; form.requestSubmit(); } }, one), "  "]));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = question.value.trim();
    if (!asked) { question.focus(); return; }
    if (current) earlier.prepend(current);
    current = null;
    const place = h("div", { class: "turn" });
    fill(told, place);
    question.value = "";
    busy(send, told, async () => {
      const going = new AbortController();
      fill(place, h("p", { class: "soft" }, `You asked: ${asked}`), h("p", { class: "soft working" }, "Looking in the notes ..."));
      await stream("ask", { question: asked, as_of: day.value || null, thread }, (one) => turnEvent(one, place, asked, going), { signal: going.signal });
      current = h("details", { class: "card" }, h("summary", {}, asked), [...place.cloneNode(true).children].filter((part) => part.classList.contains("said")));
    });
    question.focus();
  });
  fill(room, form, h("div", { class: "row after-form" }, h("span", { class: "soft" }, "Ask on in your own words: and for both sides? what about Medicaid? why?"), fresh), told, earlier);
  fill(told, hints());
}

function turnEvent(event, place, asked, going) {
  if (event.event === "working") place.querySelector(".working").textContent = `Taking notes in: ${event.label} ${event.done} of ${event.total}`;
  if (event.event === "failed") fill(place, banner(event.error, "bad"));
  if (event.event === "answer") {
    fill(place, answerView(event.reply, asked, event.as_of), h("p", { class: "soft model" }, event.reply.model ? `Sentences by ${event.reply.model}, each checked against its source.` : "Found without a language model."));
    announce({ answered: "Answer shown", declined: "Declined" }[event.reply.status] || "No answer in the notes");
  }
  const model = place.querySelector(".model");
  const stop = () => h("button", { class: "small", type: "button", onclick: () => { going.abort(); fill(model, "The model was stopped; the answer above stands."); } }, "Stop");
  if (event.event === "place") fill(model, event.ahead ? `The model writes for ${event.ahead} other question${event.ahead > 1 ? "s" : ""} first. ` : "The model is writing ... ", stop());
  if (event.event === "sentence") fill(model, `${event.text} `, stop());
  if (event.event === "without_model") fill(model, `Answered without the model: ${event.why}`);
}

function answerView(answer, asked, day) {
  const heads = { not_in_kb: ["Not in your notes. The question is kept as a gap.", "warn"], declined: ["This is not something to help with.", "bad"] };
  return [
    h("p", { class: "soft" }, `You asked: ${asked}`),
    answer.understood_as ? h("p", { class: "understood" }, `Understood as: ${answer.understood_as}`) : null,
    heads[answer.status] ? banner(...heads[answer.status]) : null,
    h("div", { class: "card said" }, h("div", { class: "answer" }, withMarks(answer.answer, answer.citations))),
    answer.notices.map((notice) => banner(notice, "warn")),
    answer.citations.length ? h("h2", {}, "Sources") : null,
    answer.citations.map(card),
    answer.general.length ? h("h2", {}, "National rule, not this practice's own") : null,
    answer.general.map((rule) => h("div", { class: "card" }, h("div", { class: "quote" }, rule.quote), noteLink(rule.note, rule.lines, `${rule.note}, ${rule.heading}`))),
    answer.nearest.length ? h("h2", {}, "Nearest notes") : null,
    answer.nearest.map((near) => h("p", {}, noteLink(near.note, null, near.note), near.lacks.length ? ` (says nothing of: ${near.lacks.join(", ")})` : "")),
    answer.status === "not_in_kb" ? h("button", { class: "small", type: "button", onclick: () => goTo("Notes") }, "Write the note") : null,
    answer.status === "answered" ? gapButton(answer, asked, day) : null,
  ];
}

function gapButton(answer, asked, day) {
  const told = h("span", {});
  const button = h("button", { class: "small", type: "button", onclick: () => busy(button, told, async () => {
    await post("ask/gap", { question: answer.understood_as || asked, as_of: day, quotes: answer.citations.map((one) => [one.note, one.quote]) });
    fill(told, " Kept among the gaps.");
    announce("kept among the gaps");
  }) }, "This does not answer it");
  return h("p", {}, button, told);
}

function withMarks(text, citations) {
  return text.split(/(\[\d+\])/).map((part) => {
    const mark = /^\[(\d+)\]$/.exec(part);
    const citation = mark && citations.find((one) => one.n === Number(mark[1]));
    return citation ? h("button", { type: "button", "aria-label": `source ${citation.n}`, onclick: () => openNote(citation.note, citation.lines) }, part) : part;
  });
}

function card(citation) {
  const [word, kind] = citation.stale ? ["STALE", "bad"] : citation.status === "draft" ? ["DRAFT", "warn"] : ["fresh", "good"];
  const [first, last] = citation.lines;
  return h("div", { class: "card citation" },
    h("div", {}, h("strong", {}, `[${citation.n}] ${citation.title}`), " ", h("span", { class: `badge ${kind}` }, word)),
    h("div", { class: "quote" }, citation.quote),
    h("div", { class: "soft" }, citation.freshness),
    noteLink(citation.note, citation.lines, `${citation.note}, ${citation.heading}, ${first === last ? `line ${first}` : `lines ${first} to ${last}`}`));
}

function noteLink(note, lines, label) {
  return h("button", { class: "source", type: "button", onclick: () => openNote(note, lines) }, label);
}
