// The Tables tab: CMS's files by upload with progress, and which days each release covers, as a timeline.
import { announce, banner, busy, field, fill, get, h, stream } from "./base.js";

const DAY = 86400000;

export async function build(room) {
  const file = h("input", { type: "file", accept: ".zip,.txt,.csv,.xlsx,.xml" });
  const [from, through] = [h("input", { type: "date" }), h("input", { type: "date" })];
  const start = h("button", { class: "main", type: "submit" }, "Import");
  const told = h("div", { id: "tables-import" });
  const list = h("div", { id: "tables-list" });
  const form = h("form", { class: "row" }, field("A file of CMS as downloaded, also zipped", file, { class: "wide" }), field("First day (empty: the file's own)", from), field("Last day", through), start);

  async function look() {
    try { fill(list, listView(await get("tables"))); } catch (error) { fill(list, banner(error.message, "bad")); }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!file.files.length) { file.focus(); return; }
    const [chosen] = file.files;
    busy(start, told, async () => {
      const bar = h("progress", { "aria-label": "import" });
      const step = h("p", { class: "soft" }, "Sending the file ...");
      fill(told, bar, step);
      await stream("tables/import", chosen, (event) => {
        if (event.event === "progress") { bar.max = Math.max(event.total, 1); bar.value = event.done; step.textContent = `${event.label}: ${event.done.toLocaleString()} of ${event.total.toLocaleString()}`; }
        if (event.event === "failed") { fill(told, banner(event.error, "bad")); announce("not imported"); }
        if (event.event === "done") { fill(told, doneView(event)); announce("imported"); }
      }, { query: { name: chosen.name, from_day: from.value, through_day: through.value } });
      await look();
    });
  });
  fill(room, form, told, list);
  await look();
}

function doneView(event) {
  const words = { added: "imported", replaced: "imported in place of an earlier one", unchanged: "was there already" };
  return [
    event.imported.map((one) => banner(`${one.file}: ${one.release}, ${one.rows.toLocaleString()} rows, ${one.effective_from} to ${one.effective_through}: ${words[one.outcome]}`, "good")),
    event.left_out.map((one) => h("p", { class: "soft" }, `left out: ${one}`)),
    event.changes.flatMap((change) => change.notes.map((note) => h("div", { class: "card" }, h("strong", {}, `Look at the note ${note.note}`), h("ul", { class: "plain" }, note.codes.slice(0, 20).map((one) => h("li", {}, `${one.code} ${one.change} ${one.details.slice(0, 6).join(", ")}`)))))),
  ];
}

function listView(found) {
  const known = Object.entries(found.programs);
  const days = found.releases.flatMap((one) => [Date.parse(one.effective_from), Date.parse(one.effective_through) + DAY]).filter((one) => one > Date.parse("2015-01-01") && one < Date.parse("2040-01-01"));
  const today = Date.now();
  const [first, last] = [Math.min(today - 365 * DAY, ...days), Math.max(today + 90 * DAY, ...days)];
  const place = (day) => `${Math.max(0, Math.min(100, (100 * (day - first)) / (last - first))).toFixed(2)}%`;
  const years = [];
  for (let year = new Date(first).getUTCFullYear() + 1; Date.UTC(year, 0, 1) < last; year += 1) years.push(year);
  return [
    h("h2", {}, "Which days are covered"),
    h("div", { class: "timeline" }, known.map(([program, name]) => h("div", { class: "lane" }, h("div", { class: "lane-name" }, name),
      h("div", { class: "lane-bars" }, found.releases.filter((one) => one.program === program).map((one) => h("div", {
        class: "bar", title: `${one.release}: ${one.effective_from} to ${one.effective_through}`,
        style: `left:${place(Date.parse(one.effective_from))};width:calc(${place(Date.parse(one.effective_through) + DAY)} - ${place(Date.parse(one.effective_from))})` })),
      h("div", { class: "today", title: "today", style: `left:${place(today)}` })))),
    h("div", { class: "lane" }, h("div", { class: "lane-name" }, ""), h("div", { class: "lane-bars years" }, years.map((year) => h("span", { style: `left:${place(Date.UTC(year, 0, 1))}` }, String(year)))))),
    found.remarks.map((remark) => banner(remark, "warn")),
    found.releases.length ? h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["Table", "Release", "First day", "Last day", "Rows", "sha256"].map((name) => h("th", {}, name)))),
      h("tbody", {}, found.releases.map((one) => h("tr", {}, h("td", {}, one.name), h("td", {}, one.release), h("td", {}, one.effective_from), h("td", {}, one.effective_through), h("td", {}, one.rows.toLocaleString()), h("td", { class: "mono", title: one.sha256 }, one.sha256.slice(0, 12))))))) : null,
  ];
}
