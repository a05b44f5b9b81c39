// The Check tab: a claim with live findings beside its lines, safe fixes by a click, and a CSV file judged as a whole.
import { announce, banner, busy, debounced, download, field, fill, h, post, stream } from "./base.js";
import { copyButton, linesView, openView, verdictBanner } from "./claim_view.js";

const EXAMPLE = "payer: blue-shield-ppo   dos: 2026-09-15   pos: 24   age: 46   sex: F\ndx: J32.0, J34.2\n31267-RT [A]\n31267-LT [A]\n30520 [B]";

export function build(room) {
  const text = h("textarea", { class: "mono", rows: 12, spellcheck: "false", placeholder: EXAMPLE });
  const told = h("div", { id: "check-report" }, h("p", { class: "soft" }, "Type or paste a claim: the findings appear beside its lines."));
  const example = h("button", { class: "small", type: "button", onclick: () => { text.value = EXAMPLE; look(); } }, "Show an example");
  let running = null;

  async function look() {
    running?.abort();
    const typed = text.value;
    if (!typed.trim()) { fill(told, h("p", { class: "soft" }, "Nothing to check yet.")); return; }
    running = new AbortController();
    const mine = running;
    try {
      const found = await post("check", { claim: typed }, mine.signal);
      if (!mine.signal.aborted) show(found);
    } catch (error) {
      if (error.name !== "AbortError") fill(told, banner(error.message, "bad"));
    }
  }

  function put(claim) {
    text.value = claim;
    text.focus();
    announce("fix applied");
    look();
  }

  function show(found) {
    const problems = found.problems.map((one) => h("p", {}, h("span", { class: "badge bad" }, `line ${one.line}, column ${one.column}`), " ", one.message));
    if (!found.report) { fill(told, banner("This cannot be read as a claim yet.", "warn"), problems); return; }
    fill(told, problems, verdictBanner(found), linesView(found, put), afterFixes(found.report.fixed, put), openView(found.report));
    announce(found.sentence);
  }

  text.addEventListener("input", debounced(look, 300));
  fill(room, h("div", { class: "two" },
    h("div", {}, field("Claim", text), h("div", { class: "row" }, example,
      h("button", { class: "small", type: "button", onclick: () => { text.value = ""; look(); text.focus(); } }, "Clear"))),
    told), batchView());
}

function afterFixes(fixed, put) {
  if (!fixed) return null;
  return h("div", { class: "card" }, h("strong", {}, "After the fixes that change form alone"), h("pre", {}, fixed),
    h("div", { class: "row" }, h("button", { class: "small", type: "button", onclick: () => put(fixed) }, "Apply all of them"), copyButton(fixed)));
}

function batchView() {
  const file = h("input", { type: "file", accept: ".csv,.tsv,text/csv" });
  const start = h("button", { type: "submit" }, "Check the file");
  const told = h("div", { id: "check-batch" });
  const form = h("form", { class: "row" }, field("Many claims: a CSV file with a row for each service line", file, { class: "wide" }), start);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!file.files.length) { file.focus(); return; }
    busy(start, told, () => judge(file.files[0], told));
  });
  return h("details", { class: "card" }, h("summary", {}, h("strong", {}, "Check a whole file")), form, told);
}

async function judge(file, place) {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "claims checked" });
  const rows = h("tbody", {});
  fill(place, bar, h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["Claim", "Verdict", "Findings"].map((name) => h("th", {}, name)))), rows)));
  await stream("check/batch", file, (event) => {
    if (event.event === "problems") fill(place, banner("The file cannot be read.", "bad"), event.problems.map((one) => h("p", {}, `line ${one.line}, column ${one.column}: ${one.message}`)));
    if (event.event === "row" && rows.childElementCount < 500) rows.append(row(event));
    if (event.event === "progress") { bar.max = event.total; bar.value = event.done; }
    if (event.event === "done") finish(place, bar, event, file.name);
  });
}

function row(event) {
  const kind = { pass: "good", fix: "warn", reject: "bad", unread: "bad" }[event.verdict];
  return h("tr", {}, h("td", {}, event.id), h("td", {}, h("span", { class: `badge ${kind}` }, event.verdict + (event.complete ? "" : ", not complete"))),
    h("td", {}, event.findings.map((finding) => h("div", {}, finding))));
}

function finish(place, bar, event, name) {
  const { pass, fix, reject, unread } = event.counts;
  const told = `${pass + fix + reject + unread} claims: ${pass} without an error, ${fix} to fix, ${reject} for a person, ${unread} not read.`;
  const save = h("button", { class: "main", type: "button", onclick: () => download(name.replace(/\.[^.]*$/, "") + "-checked.csv", "text/csv", ["\ufeff", event.csv]) }, "Download the results (CSV)");
  bar.replaceWith(banner(told, reject + unread ? "bad" : fix ? "warn" : "good"), save);
  announce(told);
}
