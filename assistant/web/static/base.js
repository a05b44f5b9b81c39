// What every tab uses: elements from data (never from text as markup), calls to our own routes, dialogs, announcements.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A labelled input: the label's words are what a screen reader says.
export function field(label, input, options = {}) {
  if (!input.id) input.id = `u-${label.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${++fieldCount}`;
  return h("div", { class: `field ${options.class || ""}` }, h("label", { for: input.id }, label), input);
}
let fieldCount = 0;

export class Failure extends Error {}

const HEADERS = { "X-Understudy": "1" };

async function checked(response) {
  if (response.ok) return response;
  let told = "";
  try { told = (await response.json()).error; } catch { /* no JSON: the status says it */ }
  throw new Failure(told || `the server answered ${response.status}; reload the page`);
}

async function reached(path, options) {
  try {
    return await checked(await fetch(path, { credentials: "same-origin", cache: "no-store", ...options }));
  } catch (error) {
    if (error instanceof Failure || error.name === "AbortError") throw error;
    throw new Failure("the server cannot be reached; is `understudy serve` still running?");
  }
}

export async function get(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined));
  return (await reached(`/api/${path}${search.size ? `?${search}` : ""}`, {})).json();
}

export async function post(path, body, signal) {
  return (await reached(`/api/${path}`, {
    method: "POST", headers: { ...HEADERS, "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  })).json();
}

// Posts and reads one JSON event a line as they come. `body`: an object, or a File sent as it is.
export async function stream(path, body, onEvent, { signal, query = {} } = {}) {
  const file = body instanceof Blob;
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const response = await reached(`/api/${path}${search.size ? `?${search}` : ""}`, {
    method: "POST", signal, body: file ? body : JSON.stringify(body),
    headers: { ...HEADERS, "Content-Type": file ? "application/octet-stream" : "application/json" },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += value || "";
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) onEvent(JSON.parse(line));
    if (done) break;
  }
}

// Says something to a screen reader without moving the focus.
export function announce(text) {
  let live = document.getElementById("u-live");
  if (!live) {
    live = h("div", { id: "u-live", class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(live);
  }
  live.textContent = text;
}

export function banner(text, kind = "") {
  return h("div", { class: `banner ${kind}`, role: kind === "bad" ? "alert" : "status" }, text);
}

// Runs work with a button shut meanwhile; what fails is shown in `place`.
export async function busy(button, place, work) {
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Failure)) console.error(error.name);
    fill(place, banner(error instanceof Failure ? error.message : "the page could not show this; reload it", "bad"));
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

export function showDialog(title, ...content) {
  const close = h("button", { class: "small", type: "button", onclick: () => dialog.close() }, "Close");
  const heading = h("h2", { id: "u-dialog-title" }, title);
  const dialog = h("dialog", { class: "u", "aria-labelledby": "u-dialog-title" },
    h("div", { class: "row", style: "justify-content:space-between;align-items:start" }, heading, close), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C";
    const area = h("textarea", { value: text, readonly: true, "aria-label": "text to copy" });
    button.after(area);
    area.select();
  }
  announce("copied");
  setTimeout(() => { button.textContent = label; }, 1500);
}

export function download(name, type, parts) {
  const link = h("a", { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
  document.body.append(link);
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); link.remove(); }, 1000);
}

export function debounced(work, milliseconds) {
  let timer = 0;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), milliseconds); };
}

// The tabs are Gradio's; this presses one.
export function goTo(label) {
  for (const tab of document.querySelectorAll('[role="tab"]')) if (tab.textContent.trim() === label) { tab.click(); return; }
}

// What forms are offered: payers, prefilled payer and place, today. Asked for once a page.
let known = null;
export function practice() {
  known ||= get("practice");
  return known;
}
