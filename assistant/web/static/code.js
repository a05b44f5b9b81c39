// The Code tab: the pasted note with its evidence coloured by line, the proposed claim beside it, each lighting the other.
import { announce, banner, busy, field, fill, h, post, practice } from "./base.js";
import { copyButton, findingView, openView, verdictBanner } from "./claim_view.js";
import { openNote } from "./note_view.js";

const COLOURS = 8;

export async function build(room) {
  const note = h("textarea", { rows: 14, spellcheck: "false", placeholder: "Paste one encounter note" });
  const inputs = {
    payer: h("input", { list: "code-payers", autocomplete: "off" }), dos: h("input", { type: "date" }),
    pos: h("input", { maxlength: 2, inputmode: "numeric", placeholder: "11" }), age: h("input", { type: "number", min: 0, max: 130 }),
    sex: choice(["", "F", "M"]), new_patient: choice(["", "yes", "no"]), prior: h("input", { placeholder: "30520 2026-02-10, ... or none" }),
    authorization: h("input", {}), billed: h("input", { placeholder: "99214" }),
  };
  const payers = h("datalist", { id: "code-payers" });
  const start = h("button", { class: "main", type: "submit" }, "Propose codes");
  const told = h("div", { id: "code-result" });
  const form = h("form", {}, field("Clinical note (kept nowhere)", note),
    h("div", { class: "row" }, field("Payer", inputs.payer, { class: "wide" }), field("Date of service", inputs.dos), field("Place", inputs.pos), start),
    h("details", {}, h("summary", {}, "More that is known (age, sex, new patient, earlier procedures, authorization, level billed)"),
      h("div", { class: "row" }, field("Age", inputs.age), field("Sex", inputs.sex), field("New patient", inputs.new_patient),
        field("Earlier procedures", inputs.prior, { class: "wide" }), field("Authorization", inputs.authorization), field("Level billed", inputs.billed))), payers);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!note.value.trim()) { note.focus(); return; }
    busy(start, told, async () => {
      const text = note.value;
      show(await post("propose", { note: text, ...given(inputs) }), text, told);
    });
  });
  fill(room, form, told);
  const known = await practice();
  fill(payers, known.payers.map((one) => h("option", { value: one.slug }, one.name)));
  inputs.payer.value = known.payer || "";
  inputs.pos.value = known.place || "";
  inputs.dos.value = known.today;
}

function choice(values) {
  return h("select", {}, values.map((value) => h("option", { value }, value || "not known")));
}

function given(inputs) {
  const text = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim() || null]));
  return { ...text, age: text.age === null ? null : Number(text.age), new_patient: text.new_patient === null ? null : text.new_patient === "yes" };
}

function show(found, text, place) {
  const spans = spansOf(found);
  const noteBox = h("div", { class: "card note-box", tabindex: "0", role: "region", "aria-label": "the note, evidence coloured" }, coloured(text, spans));
  const cards = [
    found.lines.length ? null : banner("Nothing to bill: the note shows no procedure and no visit that can be coded.", "warn"),
    found.checked ? verdictBanner(found.checked) : null,
    found.queries.length ? queriesView(found.queries) : null,
    found.lines.map((line, index) => lineCard(line, index, found)),
    found.diagnoses.length ? diagnosesView(found) : null,
    found.em ? visitView(found.em) : null,
    found.claim ? h("div", { class: "card" }, h("strong", {}, "The claim"), h("pre", { class: "claim-text" }, found.claim), copyButton(found.claim)) : null,
    found.checked ? wholeFindings(found.checked) : null,
    found.checked ? openView(found.checked.report) : null,
    found.rejected.length ? rejectedView(found.rejected) : null,
  ];
  const side = h("div", {}, cards);
  fill(place, h("div", { class: "two" }, h("div", {}, h("h2", {}, "The note"), noteBox), h("div", {}, h("h2", {}, "What it supports"), side)));
  lightBothWays(place);
  announce(`${found.lines.length} lines proposed, ${found.queries.length} questions for the provider`);
}

// Every span with the key of the card it belongs to. Offsets count code points, as the server gives them.
function spansOf(found) {
  const spans = [];
  found.lines.forEach((line, index) => line.evidence.forEach((one) => spans.push({ ...one, key: `line-${index}`, colour: index % COLOURS })));
  found.diagnoses.forEach((dx, index) => dx.evidence.forEach((one) => spans.push({ ...one, key: `dx-${index}`, colour: null })));
  return spans;
}

function coloured(text, spans) {
  const points = Array.from(text);
  const edges = [...new Set([0, points.length, ...spans.flatMap((one) => [one.start, one.end])])].sort((a, b) => a - b);
  const pieces = [];
  for (let at = 0; at + 1 < edges.length; at += 1) {
    const [start, end] = [edges[at], edges[at + 1]];
    const words = points.slice(start, end).join("");
    const here = spans.filter((one) => one.start <= start && one.end >= end);
    if (!here.length) { pieces.push(words); continue; }
    const line = here.find((one) => one.colour !== null);
    pieces.push(h("span", { class: `evidence ${line ? `colour-${line.colour}` : "colour-dx"}`, "data-keys": [...new Set(here.map((one) => one.key))].join(" ") }, words));
  }
  return pieces;
}

function lineCard(line, index, found) {
  const claimLine = found.checked?.lines[index] || [line.code, ...line.modifiers].join("-");
  const findings = (found.checked?.report.findings || []).filter((one) => one.lines[0] === index);
  return h("div", { class: "card line-card", "data-key": `line-${index}`, tabindex: "0" },
    h("div", { class: "mono" }, h("span", { class: `swatch colour-${index % COLOURS}`, "aria-hidden": "true" }), " ", h("strong", {}, claimLine), " ",
      h("span", { class: `badge ${{ high: "good", medium: "warn", low: "bad" }[line.confidence]}` }, `${line.confidence} confidence`),
      line.needs_review ? [" ", h("span", { class: "badge warn" }, "look at this")] : null),
    line.evidence.slice(0, 3).map((one) => h("div", { class: "quote" }, one.quote)),
    findings.map((finding) => findingView(finding, index, null)),
    line.sources.length ? h("p", { class: "soft" }, "Source: ", line.sources.map((source) => [sourceButton(source), " "])) : null);
}

function sourceButton(source) {
  const note = source.split("#")[0].split(":")[0];
  return h("button", { class: "source", type: "button", onclick: () => openNote(note, null) }, source);
}

function diagnosesView(found) {
  return h("div", { class: "card" }, h("strong", {}, "Diagnoses, in pointer order"), h("table", {}, h("tbody", {}, found.diagnoses.map((dx, index) =>
    h("tr", { "data-key": `dx-${index}`, tabindex: "0" }, h("td", {}, "ABCDEFGHIJKL"[index] || ""), h("td", { class: "mono" }, dx.code),
      h("td", {}, dx.evidence.slice(0, 2).map((one) => `\u201c${one.quote}\u201d`).join(" "), dx.evaluated ? null : h("span", { class: "badge warn" }, "not evaluated: no release covers the date")))))));
}

function visitView(em) {
  const names = { problems: "Problems", data: "Data", risk: "Risk" };
  return h("div", { class: "card" }, h("strong", {}, `Visit ${[em.code, ...em.modifiers].join("-")} by ${em.basis === "time" ? "time" : "medical decision making"}`),
    h("table", {}, h("thead", {}, h("tr", {}, ["Element", "Level", "Why"].map((name) => h("th", {}, name)))), h("tbody", {}, Object.entries(names).map(([key, name]) =>
      h("tr", {}, h("td", {}, name), h("td", {}, em.elements[key].level), h("td", {}, em.elements[key].reasons.join("; ") || "nothing told"))))),
    em.minutes === null ? null : h("p", {}, `Minutes: ${em.minutes}`), em.flags.map((flag) => banner(flag, "warn")));
}

function queriesView(queries) {
  const all = queries.map((one) => one.text).join("\n");
  return h("div", { class: "card" }, h("strong", {}, "Ask the provider first"),
    h("ul", { class: "plain" }, queries.map((one) => h("li", {}, one.text, one.evidence.map((words) => h("div", { class: "quote" }, words.quote))))), copyButton(all, "Copy the questions"));
}

function wholeFindings(checked) {
  const whole = checked.report.findings.filter((finding) => !finding.lines.length);
  return whole.length ? h("div", { class: "card" }, h("strong", {}, "The claim as a whole"), whole.map((one) => findingView(one, null, null))) : null;
}

function rejectedView(rejected) {
  return h("details", { class: "card", open: true }, h("summary", {}, h("strong", {}, `Considered and not coded (${rejected.length})`)),
    h("ul", { class: "plain" }, rejected.map((one) => h("li", {}, h("span", { class: "mono" }, one.code), ` ${one.why}`, one.evidence.slice(0, 1).map((words) => h("div", { class: "quote" }, words.quote))))));
}

// Pointing at a card lights its words, pointing at words lights their cards; the keyboard's focus does the same.
function lightBothWays(place) {
  const light = (keys, on) => {
    for (const element of place.querySelectorAll("[data-key], [data-keys]")) {
      const own = (element.dataset.keys || element.dataset.key).split(" ");
      if (own.some((key) => keys.includes(key))) element.classList.toggle("lit", on);
    }
  };
  for (const element of place.querySelectorAll("[data-key], [data-keys]")) {
    const keys = (element.dataset.keys || element.dataset.key).split(" ");
    for (const [name, on] of [["mouseenter", true], ["mouseleave", false], ["focusin", true], ["focusout", false]]) element.addEventListener(name, () => light(keys, on));
    if (element.dataset.key) element.addEventListener("click", () => place.querySelector(`.note-box [data-keys~="${element.dataset.key}"]`)?.scrollIntoView({ block: "nearest", behavior: "smooth" }));
  }
}
