// A checked claim: each line with its findings beside it, the verdict, what could not be checked.
import { banner, copy, h } from "./base.js";
import { openNote } from "./note_view.js";

const WORDS = { error: ["ERROR", "bad"], warning: ["Warning", "warn"], advice: ["Advice", ""] };

export function verdictBanner(checked) {
  const kind = { pass: checked.report.complete ? "good" : "", fix: "warn", reject: "bad" }[checked.report.verdict];
  return banner(checked.sentence, kind);
}

// `onFix(claimText)` is called with the claim as it reads after one fix; without it fixes are only shown.
export function linesView(checked, onFix) {
  const { report, lines } = checked;
  const whole = report.findings.filter((finding) => !finding.lines.length);
  return h("div", { class: "claim-lines" },
    lines.map((line, place) => lineView(line, place, report.findings, onFix)),
    whole.length ? h("div", { class: "card" }, h("strong", {}, "The claim as a whole"), whole.map((one) => findingView(one, null, onFix))) : null);
}

export function lineView(line, place, findings, onFix) {
  const mine = findings.filter((finding) => finding.lines.includes(place));
  const first = mine.filter((finding) => finding.lines[0] === place);
  const others = mine.filter((finding) => finding.lines[0] !== place);
  return h("div", { class: "card claim-line" },
    h("div", { class: "mono" }, h("strong", {}, `${place}  ${line}`)),
    first.map((finding) => findingView(finding, place, onFix)),
    others.map((finding) => h("p", { class: "soft" }, `see ${WORDS[finding.severity][0]} ${finding.rule} on line ${finding.lines[0]}`)));
}

export function findingView(finding, place, onFix) {
  const [word, kind] = WORDS[finding.severity];
  const others = finding.lines.filter((line) => line !== place);
  return h("div", { class: "finding" },
    h("p", {}, h("span", { class: `badge ${kind}` }, `${word} ${finding.rule}`), others.length ? ` with line ${others.join(" and ")}` : "", " ", finding.message),
    finding.fix ? fixView(finding.fix, onFix) : null,
    h("p", { class: "soft" }, "Source: ", sourceView(finding.source)));
}

function fixView(fix, onFix) {
  const how = fix.safe ? "changes form alone" : "to be confirmed by the record";
  return h("p", {}, `Fix (${how}): `, h("span", { class: "mono" }, fix.shorthand || "take the line away"), " ",
    fix.safe && onFix ? h("button", { class: "small", type: "button", onclick: () => onFix(fix.claim) }, "Apply") : null);
}

function sourceView(source) {
  if (!source.note) return `${source.table || source.guideline}${source.release ? `, ${source.release}` : ""}`;
  const found = /^(.*?)(?:#[^:]*)?(?::(\d+)-(\d+))?$/.exec(source.note);
  const lines = found[2] ? [Number(found[2]), Number(found[3])] : null;
  return h("button", { class: "source", type: "button", onclick: () => openNote(found[1], lines) }, source.note);
}

export function openView(report) {
  if (!report.not_evaluated.length) return null;
  const tables = new Map();
  const reasons = new Map();
  for (const one of report.not_evaluated) {
    if (one.table) tables.set(one.name, one);
    else reasons.set(one.reason, [...(reasons.get(one.reason) || []), one.rule]);
  }
  return h("details", { class: "card", open: true },
    h("summary", {}, h("strong", {}, "Not checked")),
    h("ul", { class: "plain" },
      [...tables].map(([name, one]) => h("li", {}, `${name}: ${one.reason}`, one.to_import ? h("span", { class: "soft" }, ` To import in the tab Tables: ${one.to_import}.`) : null)),
      [...reasons].map(([reason, rules]) => h("li", {}, reason, h("span", { class: "soft" }, ` (${[...new Set(rules)].slice(0, 6).join(", ")})`)))));
}

export function copyButton(text, label = "Copy the claim") {
  const button = h("button", { class: "small", type: "button" }, label);
  button.addEventListener("click", () => copy(text, button));
  return button;
}
