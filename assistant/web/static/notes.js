// The Notes tab: search, read, and write a note with a rule made from menus, checked while it is typed.
import { announce, banner, busy, debounced, field, fill, get, h, post, practice } from "./base.js";
import { noteView, openNote } from "./note_view.js";

export async function build(room) {
  const search = h("input", { type: "search", placeholder: "words, a code, a payer" });
  const list = h("div", { id: "notes-list", class: "scroll-list" });
  const shown = h("div", { id: "notes-shown" }, h("p", { class: "soft" }, "Choose a note, or write a new one."));
  const write = h("button", { class: "main", type: "button", id: "notes-new", onclick: () => writeNote(shown, look) }, "Write a note");

  async function look() {
    try {
      const { notes } = await get("notes", { q: search.value });
      fill(list, h("p", { class: "soft" }, notes.length === 1 ? "1 note" : `${notes.length} notes`), notes.slice(0, 300).map((one) => entry(one, shown)));
    } catch (error) {
      fill(list, banner(error.message, "bad"));
    }
  }

  search.addEventListener("input", debounced(look, 200));
  fill(room, h("div", { class: "two notes-two" }, h("div", {}, h("div", { class: "row" }, field("Search the notes", search, { class: "wide" }), write), list), shown));
  await look();
}

function entry(one, shown) {
  const marks = [one.layer === "library" ? ["library", ""] : null, one.stale ? ["STALE", "bad"] : null, one.status === "live" ? null : [one.status, "warn"], one.rules ? [`${one.rules} rule${one.rules > 1 ? "s" : ""}`, "good"] : null];
  return h("button", { class: "entry", type: "button", onclick: () => read(one.id, shown) }, h("span", {}, one.title), " ",
    marks.filter(Boolean).map(([word, kind]) => [h("span", { class: `badge ${kind}` }, word), " "]), h("span", { class: "soft" }, one.payers.join(", ")));
}

async function read(id, shown) {
  try {
    const found = await get("note", { id });
    const heading = h("h2", { tabindex: "-1" }, found.title);
    fill(shown, heading, found.problems.map((problem) => banner(problem, "warn")), noteView(found));
    heading.focus();
  } catch (error) {
    fill(shown, banner(error.message, "bad"));
  }
}

async function writeNote(shown, refresh) {
  const [{ rule_keys: keys }, known] = await Promise.all([get("note-form"), practice()]);
  const inputs = {
    title: h("input", { placeholder: "Blue Shield PPO, both-sided tubes" }), payer: h("input", { list: "notes-payers", autocomplete: "off" }),
    codes: h("input", { placeholder: "69436, 31253-31259" }), text: h("textarea", { rows: 7, placeholder: "What you know, in your own words. Plain Markdown is fine." }), owner: h("input", { placeholder: "maria.garcia" }),
  };
  const rule = Object.fromEntries(keys.map(({ key }) => [key, ruleInput(key)]));
  const wrong = Object.fromEntries([...Object.keys(inputs), "rule", "note"].map((name) => [name, h("div", { class: "wrong", role: "status" })]));
  const preview = h("div", { id: "note-preview" });
  const save = h("button", { class: "main", type: "submit" }, "Save the note");
  const told = h("div", {});
  const draft = () => ({
    ...Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])),
    rule: Object.fromEntries(Object.entries(rule).map(([key, input]) => [key, input.value])),
  });
  const touched = new Set();
  const look = debounced(async () => {
    try {
      const found = await post("note-check", draft());
      for (const [name, place] of Object.entries(wrong)) fill(place, found.wrong[name] && (touched.has(name) || name === "note") ? h("p", { class: "problem" }, found.wrong[name]) : null);
      const examples = rule.pass?.value || rule.fail?.value;
      fill(preview, found.sentence ? banner(`The rule in words: ${found.sentence}`, found.wrong.rule ? "bad" : "good") : null,
        found.sentence && examples && !found.wrong.rule && !found.wrong.note ? h("p", { class: "soft" }, "Its examples were run and hold.") : null,
        found.markdown ? h("details", {}, h("summary", {}, "The file as it will be saved"), h("pre", {}, found.markdown)) : null);
    } catch (error) {
      fill(preview, banner(error.message, "bad"));
    }
  }, 350);
  const labels = { title: "Title", payer: "Payer (empty: every payer)", codes: "Codes", text: "What you know", owner: "Your name" };
  const form = h("form", { class: "note-form" }, h("h2", {}, "A new note"),
    Object.entries(inputs).map(([name, input]) => [field(labels[name], input), wrong[name]]),
    h("datalist", { id: "notes-payers" }, known.payers.map((one) => h("option", { value: one.slug }, one.name))),
    h("details", { id: "rule-menus" }, h("summary", {}, h("strong", {}, "Add a rule that claims are checked by")),
      h("div", { class: "rule-grid" }, keys.map(({ key, label }) => field(label, rule[key]))), wrong.rule),
    wrong.note, preview, save, told);
  form.addEventListener("input", (event) => {
    const name = Object.keys(inputs).find((key) => inputs[key] === event.target) || "rule";
    touched.add(name);
    look();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(save, told, async () => {
      const saved = await post("note-save", draft());
      fill(shown, banner(`Saved as ${saved.path}. The next answer can cite it.`, "good"), h("button", { type: "button", onclick: () => openNote(saved.id, null) }, "Open it"));
      announce("the note is saved");
      await refresh();
    });
  });
  fill(shown, form);
  inputs.title.focus();
}

const MENUS = {
  "when.bilateral": ["", "yes", "no"], "require.authorization": ["", "yes"], severity: ["", "error", "warning", "advice"],
};
const SUGGESTIONS = {
  "require.modifiers": ["50", "RT, LT", "25", "59", "XS", "26", "TC"], "forbid.modifiers": ["50", "RT, LT", "59"], "require.units": ["1", "2"], "when.places": ["11", "22", "24"],
};

// Menus where the vocabulary is closed, suggestions where it is open.
function ruleInput(key) {
  if (MENUS[key]) return h("select", {}, MENUS[key].map((value) => h("option", { value }, value || "-")));
  if (!SUGGESTIONS[key]) return h("input", { autocomplete: "off" });
  const id = `suggest-${key.replace(".", "-")}`;
  const input = h("input", { list: id, autocomplete: "off" });
  setTimeout(() => input.after(h("datalist", { id }, SUGGESTIONS[key].map((value) => h("option", { value })))));
  return input;
}
