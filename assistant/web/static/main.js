// Fills each tab as soon as Gradio has drawn its place. A tab that is drawn anew is filled anew.
import { h, fill, banner } from "./base.js";
import { build as ask } from "./ask.js";
import { build as code } from "./code.js";
import { build as check } from "./check.js";
import { build as notes } from "./notes.js";
import { build as gaps } from "./gaps.js";
import { build as tables } from "./tables.js";

const TABS = { ask, code, check, notes, gaps, tables };

function fillTabs() {
  for (const [key, build] of Object.entries(TABS)) {
    const place = document.getElementById(`tab-${key}`);
    if (!place || place.dataset.filled) continue;
    place.dataset.filled = "yes";
    const room = h("div", { class: "u", id: `room-${key}` });
    place.append(room);
    Promise.resolve(build(room)).catch(() => fill(room, banner("this tab could not be built; reload the page", "bad")));
  }
}

// Gradio's tabs are buttons; with the arrow keys one goes from one to the next, as a list of tabs promises.
document.addEventListener("keydown", (event) => {
  if (event.target.getAttribute?.("role") !== "tab" || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  const tabs = [...event.target.closest('[role="tablist"]').querySelectorAll('[role="tab"]')].filter((tab) => tab.offsetParent);
  const at = tabs.indexOf(event.target);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
  const next = tabs[(to + tabs.length) % tabs.length];
  next.click();
  next.focus();
  event.preventDefault();
});

document.documentElement.lang = "en";
new MutationObserver(fillTabs).observe(document.documentElement, { childList: true, subtree: true });
fillTabs();
