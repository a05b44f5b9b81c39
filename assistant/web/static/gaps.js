// The Gaps tab: what was asked and nobody wrote down, most asked first.
import { banner, fill, get, goTo, h } from "./base.js";

export async function build(room) {
  const list = h("div", { id: "gaps-list" });
  const again = h("button", { type: "button", onclick: () => look() }, "Look again");
  async function look() {
    try {
      const { open, closed } = await get("gaps");
      fill(list, open.length ? table(open, false) : banner("No open gaps: every question so far found its note.", "good"),
        closed.length ? h("details", { class: "card" }, h("summary", {}, h("strong", {}, `Answered since (${closed.length})`)), table(closed, true)) : null);
    } catch (error) {
      fill(list, banner(error.message, "bad"));
    }
  }
  fill(room, h("div", { class: "row" }, h("p", {}, "Questions your notes do not answer yet. Write the note: the gap closes by itself."), again), list);
  // Gradio draws hidden tabs too; what others asked meanwhile is there when the tab is opened.
  new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) look(); }).observe(room);
  await look();
}

function table(gaps, closed) {
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Question", "About", "Asked", "Last", closed ? "Answered by" : ""].map((name) => h("th", {}, name)))),
    h("tbody", {}, gaps.map((gap) => h("tr", {}, h("td", {}, gap.question),
      h("td", {}, [...gap.payers, ...gap.codes, ...gap.asked].join(", ")), h("td", {}, gap.count === 1 ? "once" : `${gap.count} times`), h("td", {}, gap.last_asked),
      h("td", {}, closed ? gap.closed_by.join(", ") : h("button", { class: "small", type: "button", onclick: () => goTo("Notes") }, "Write the note")))))));
}
