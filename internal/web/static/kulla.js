// What a page can do beside its plain form: keep drafts, count clocks down,
// answer the keyboard. Every page works without this file. It talks only to the
// desk itself and writes no style: all looks are classes of kulla.css.

const root = document.documentElement;
const body = document.body;
const words = JSON.parse(body.dataset.words || "{}");
const say = (key, ...args) => (words[key] || key).replace(/\{(\d)\}/g, (_, i) => args[i] ?? "");
const store = { // the device's memory may be switched off
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); return true; } catch { return false; } },
  drop(key) { try { localStorage.removeItem(key); } catch { /* nothing kept */ } },
  keys() { try { return Object.keys(localStorage); } catch { return []; } },
};
const clockOf = (date) => `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
root.classList.add("js");

// ── Clocks ──────────────────────────────────────────────────────────────────
// The desk's time counts, not the device's: the page says when it was made.
const skew = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
const deskNow = () => Date.now() + skew;

function length(ms) {
  const minutes = Math.floor(ms / 60000), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  const pair = (a, b) => (b ? `${a}\u00a0${b}` : a);
  const dayWord = (n) => say(n === 1 ? "day" : "days", n);
  if (hours === 0) return say("minute", minutes);
  if (days === 0) return pair(say("hour", hours), minutes % 60 && say("minute", minutes % 60));
  if (days < 3) return pair(dayWord(days), hours % 24 && say("hour", hours % 24));
  return dayWord(days);
}

function tick() {
  for (const node of document.querySelectorAll("time[data-due]")) {
    const left = Date.parse(node.dateTime) - deskNow();
    if (Number.isNaN(left)) continue;
    const text = Math.abs(left) < 60000 ? say("now") : left > 0 ? say("in", length(left)) : say("late", length(-left));
    if (node.textContent !== text) node.textContent = text;
    if (left < 0) node.closest(".clock, .due-strip")?.classList.add("bad");
  }
  for (const bar of document.querySelectorAll("progress[data-to]")) {
    const from = Date.parse(bar.dataset.from), to = Date.parse(bar.dataset.to);
    if (to > from) bar.value = Math.max(0, Math.min(100, (100 * (deskNow() - from)) / (to - from)));
  }
}
if (document.querySelector("time[data-due], progress[data-to]")) {
  tick();
  setInterval(tick, 15000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
}

// ── Drafts ──────────────────────────────────────────────────────────────────
// form[data-draft=address]: every change is kept on the device at once and at
// the authority soon after. The server answers 2xx, with the new version in
// X-Kulla-Version if it counts them; 409 when somebody else changed the report.
const draftKey = (form) => `kulla.draft ${form.dataset.draft}`;
const draftAge = 7 * 24 * 3600 * 1000;

function fieldsOf(form) {
  const data = new URLSearchParams();
  for (const el of form.elements) {
    if (!el.name || el.disabled || el.type === "file" || el.type === "password" || el.type === "submit" || el.dataset.noDraft !== undefined) continue;
    if ((el.type === "checkbox" || el.type === "radio") && !el.checked) continue;
    data.append(el.name, el.value);
  }
  return data;
}

function fill(form, data) {
  for (const el of form.elements) {
    if (!el.name || el.type === "hidden" || el.type === "file" || el.type === "password" || el.type === "submit") continue;
    const kept = data.getAll(el.name);
    if (el.type === "checkbox" || el.type === "radio") el.checked = kept.includes(el.value);
    else if (kept.length) el.value = kept[0];
  }
}

function keepDraft(form) {
  const status = form.querySelector("[data-save-status]") || document.querySelector("[data-save-status]");
  const onDevice = form.dataset.deviceOff === undefined;
  let timer, wait = 1500, dirty = false, sending = false;
  const show = (tone, text) => { if (status) { status.className = `saved ${tone}`; status.textContent = text; } };
  const hold = () => onDevice && store.set(draftKey(form), JSON.stringify({ at: Date.now(), text: fieldsOf(form).toString() }));
  form.addEventListener("kulla:dirty", () => { dirty = true; });

  async function send() {
    clearTimeout(timer);
    if (!dirty) return;
    if (sending) { timer = setTimeout(send, 500); return; }
    sending = true; dirty = false;
    show("", say("saving"));
    const at = new Date();
    let again = false;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: fieldsOf(form), headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
      if (answer.ok) {
        const version = answer.headers.get("X-Kulla-Version");
        if (version && form.elements.version) form.elements.version.value = version;
        show("good", say("savedBoth", clockOf(at)));
        wait = 1500;
        form.dataset.clean = dirty ? "" : "yes";
      } else if (answer.status === 409) {
        show("bad", say("conflict"));
      } else {
        show("warn", say("refused", clockOf(at)));
        again = answer.status >= 500 || answer.status === 429;
      }
    } catch {
      show("warn", say("savedHere", clockOf(at)));
      again = true;
    }
    sending = false;
    if (again) { dirty = true; wait = Math.min(wait * 2, 60000); timer = setTimeout(send, wait); }
  }

  form.addEventListener("input", (e) => {
    if (e.target.dataset.noDraft !== undefined) return;
    dirty = true;
    form.dataset.clean = "";
    hold();
    clearTimeout(timer);
    timer = setTimeout(send, wait);
  });
  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.hidden && send());
  form.addEventListener("submit", () => clearTimeout(timer));

  // A newer draft on the device is offered, never forced.
  let kept = null;
  try { kept = JSON.parse(store.get(draftKey(form)) || "null"); } catch { /* not ours */ }
  const serverAt = Date.parse(form.dataset.savedAt) || 0;
  if (kept && kept.text !== fieldsOf(form).toString() && kept.at > serverAt + 2000 && Date.now() - kept.at < draftAge) {
    const yes = make("button", { type: "button", className: "btn small", textContent: say("restoreYes") });
    const no = make("button", { type: "button", className: "btn small", textContent: say("restoreNo") });
    const box = make("div", { className: "flash info" }, make("div", {}, make("p", { textContent: say("restore", clockOf(new Date(kept.at))) }), make("p", { className: "links" }, yes, no)));
    box.setAttribute("role", "status");
    form.prepend(box);
    yes.addEventListener("click", () => { fill(form, new URLSearchParams(kept.text)); box.remove(); dirty = true; send(); form.querySelector("input:not([type=hidden]), textarea, select")?.focus(); });
    no.addEventListener("click", () => { store.drop(draftKey(form)); box.remove(); });
  } else if (kept) {
    store.drop(draftKey(form));
  }
}

// The page reached after a submission says which draft is done with:
// <body>… [data-draft-done=address]. A failed submission keeps it.
for (const done of document.querySelectorAll("[data-draft-done]")) store.drop(`kulla.draft ${done.dataset.draftDone}`);
document.querySelectorAll("form[data-draft]").forEach(keepDraft);

// Signing out, or a week unused, leaves nothing on the device.
for (const key of store.keys().filter((k) => k.startsWith("kulla.draft "))) {
  let at = 0;
  try { at = JSON.parse(store.get(key)).at || 0; } catch { /* not ours any more */ }
  if (Date.now() - at > draftAge) store.drop(key);
}
document.addEventListener("submit", (e) => {
  if (e.target.matches("[data-signout]")) store.keys().filter((k) => k.startsWith("kulla.draft ")).forEach(store.drop);
});

// ── Leaving with unsaved changes ────────────────────────────────────────────
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false, leaving = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("beforeunload", (e) => { if (changed && !leaving && form.dataset.clean !== "yes") e.preventDefault(); });
}

// ── Suggestions ─────────────────────────────────────────────────────────────
// input[data-suggest=address]: address?q=… answers [{"value","label","note"}].
let suggestNumber = 0;
function suggest(input) {
  const id = `suggest-${++suggestNumber}`;
  const list = make("ul", { id, hidden: true });
  const live = make("span", { className: "sr" });
  const box = make("div", { className: "suggest" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.firstChild?.textContent.trim() || input.name);
  live.setAttribute("role", "status");
  input.replaceWith(box);
  box.append(input, list, live);
  for (const [k, v] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" })) input.setAttribute(k, v);
  let timer, call, at = -1;
  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const pick = (li) => { input.value = li.dataset.value; close(); input.dispatchEvent(new Event("input", { bubbles: true })); input.dispatchEvent(new Event("change", { bubbles: true })); clearTimeout(timer); };
  const mark = (i) => {
    at = (i + list.children.length) % list.children.length;
    [...list.children].forEach((li, n) => li.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  async function ask() {
    call?.abort();
    const q = input.value.trim();
    if (q.length < 2) return close();
    call = new AbortController();
    try {
      const url = new URL(input.dataset.suggest, location.href);
      url.searchParams.set("q", q);
      const answer = await fetch(url, { signal: call.signal, credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok || document.activeElement !== input) return close();
      const found = (await answer.json()).slice(0, 20);
      list.replaceChildren(...found.map((f, i) => {
        const li = make("li", { id: `${id}-${i}` }, f.label || f.value);
        if (f.note) li.append(make("small", { textContent: f.note }));
        li.dataset.value = f.value;
        li.setAttribute("role", "option");
        li.setAttribute("aria-selected", "false");
        li.addEventListener("pointerdown", (e) => { e.preventDefault(); pick(li); });
        return li;
      }));
      at = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      live.textContent = found.length ? say("results", found.length) : say("noResults");
    } catch { close(); }
  }
  input.addEventListener("input", (e) => { if (e.isTrusted) { clearTimeout(timer); timer = setTimeout(ask, 180); } });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (e) => {
    if (list.hidden) return;
    if (e.key === "ArrowDown") { e.preventDefault(); mark(at + 1); }
    else if (e.key === "ArrowUp") { e.preventDefault(); mark(at < 0 ? -1 : at - 1); }
    else if (e.key === "Enter" && at >= 0) { e.preventDefault(); pick(list.children[at]); }
    else if (e.key === "Escape") { e.stopPropagation(); close(); }
  });
}
document.querySelectorAll("input[data-suggest]").forEach(suggest);

// ── Small things ────────────────────────────────────────────────────────────
document.addEventListener("click", async (e) => {
  const copy = e.target.closest("[data-copy]");
  if (copy) {
    const text = copy.closest(".code").querySelector("code").textContent;
    try { await navigator.clipboard.writeText(text); } catch { return; }
    const before = [...copy.childNodes];
    copy.replaceChildren(say("copied"));
    setTimeout(() => copy.replaceChildren(...before), 1600);
  }
  const opener = e.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) { e.preventDefault(); document.querySelector("#nav:popover-open")?.hidePopover(); dialog.showModal(); }
  for (const open of document.querySelectorAll("details[data-closes][open]")) if (!open.contains(e.target)) open.open = false;
});

// The theme changes at once; the desk is told behind the reader's back.
for (const form of document.querySelectorAll("[data-theme-form]")) form.addEventListener("submit", (e) => {
  const button = e.submitter;
  if (!button) return;
  e.preventDefault();
  root.dataset.theme = button.value;
  document.querySelectorAll("[data-theme-form] button").forEach((b) => b.setAttribute("aria-pressed", String(b.value === button.value)));
  fetch(e.target.action, { method: "POST", body: new URLSearchParams(new FormData(e.target, button)), credentials: "same-origin", redirect: "manual" }).catch(() => {});
});

document.querySelector("[data-focus]")?.focus();

// ── Keyboard ────────────────────────────────────────────────────────────────
// "/" search · "?" help · "g" then a letter goes · "j" "k" walk rows · Enter
// opens · Escape leaves. Single keys can be switched off in the help.
const keysOn = () => store.get("kulla.keys") !== "off";
for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = keysOn();
  box.addEventListener("change", () => store.set("kulla.keys", box.checked ? "on" : "off"));
}
let going = 0;
function walk(step) {
  const rows = [...document.querySelectorAll("table[data-keys] tbody tr")].filter((r) => r.querySelector("a"));
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement?.closest("tr"));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, here + step));
  rows[next].querySelector("a").focus();
}
document.addEventListener("keydown", (e) => {
  const el = document.activeElement;
  if (e.key === "Escape") {
    for (const open of document.querySelectorAll("details[data-closes][open]")) { open.open = false; open.querySelector("summary").focus(); }
    if (el?.matches("[data-search]")) el.blur();
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !keysOn()) return;
  if (el?.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog")) return;
  if (going && Date.now() - going < 1200) {
    going = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(e.key)}"]`);
    if (link) { e.preventDefault(); link.click(); }
    return;
  }
  const dialog = document.getElementById("keyboard");
  if (e.key === "/") { const s = document.querySelector("[data-search]"); if (s) { e.preventDefault(); s.focus(); s.select(); } }
  else if (e.key === "?") { if (dialog) { e.preventDefault(); dialog.showModal(); } else if (document.querySelector('[data-dialog="keyboard"]')) location.href = "/help/keyboard"; }
  else if (e.key === "g") going = Date.now();
  else if (e.key === "j" || e.key === "k") { e.preventDefault(); walk(e.key === "j" ? 1 : -1); }
});
