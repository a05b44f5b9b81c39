// A note in a dialog, the cited lines highlighted. The HTML comes cleaned from our own server.
import { Failure, banner, get, h, showDialog } from "./base.js";

export async function openNote(note, lines) {
  let found;
  try {
    found = await get("note", { id: note, from_line: lines ? lines[0] : null, to_line: lines ? lines[1] : null });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    showDialog("Note", banner(error.message, "bad"));
    return;
  }
  const dialog = showDialog(found.title, noteView(found));
  dialog.querySelector(".cited")?.scrollIntoView({ block: "center" });
}

export function noteView(found) {
  const body = h("div", { class: "note-text" });
  body.innerHTML = found.html;
  for (const link of body.querySelectorAll("a[data-note]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); openNote(link.dataset.note, null); });
  }
  for (const link of body.querySelectorAll('a[href^="http"]')) link.target = "_blank";
  return h("div", {},
    h("p", { class: "soft" }, `${found.path} · ${found.freshness}${found.status === "live" ? "" : ` · ${found.status}`}`),
    found.payers.length ? h("p", { class: "soft" }, `Payers: ${found.payers.join(", ")}`) : null,
    body,
    found.sources.length ? h("p", { class: "soft" }, `Sources: ${found.sources.join("; ")}`) : null);
}
