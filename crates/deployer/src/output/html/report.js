"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const changes = all("details.change");
  if (changes.length === 0) return;
  all(".tools").forEach((part) => (part.hidden = false));
  const search = one("#search"), sides = one("#sides"), found = one("#found");
  const visible = () => changes.filter((change) => !change.hidden);

  // What is shown: changes that have the text, and one of the pressed values of each kind of filter.
  const texts = new Map();
  const has = (change, wanted) => {
    if (!texts.has(change)) texts.set(change, change.textContent.toLowerCase());
    return texts.get(change).includes(wanted);
  };
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    const pressed = { action: [], kind: [] };
    all("button[aria-pressed=true][data-by]").forEach((it) => pressed[it.dataset.by].push(it.dataset.value));
    const passes = (change) => Object.entries(pressed).every(([by, values]) => values.length === 0 || values.includes(change.dataset[by]));
    changes.forEach((change) => (change.hidden = !passes(change) || (wanted !== "" && !has(change, wanted))));
    const shown = visible().length, sum = changes.length === 1 ? "1 change" : `${changes.length} changes`;
    found.textContent = shown === changes.length ? sum : `${shown} of ${sum}`;
  };
  search.addEventListener("input", filter);
  const press = (button, on) => button.setAttribute("aria-pressed", on);
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
  all("button[data-by]").forEach((button) => button.addEventListener("click", () => { press(button, !isPressed(button)); filter(); }));

  // The old and the new lines of a diff beside each other, in one grid, so that a long line keeps its row.
  const pair = (change) => {
    const pre = change.querySelector("pre");
    if (change.querySelector(".sides") || change.dataset.action !== "change") return;
    const grid = document.createElement("div");
    grid.className = "sides";
    const lines = [...pre.children];
    const cell = (line) => (line ? line.cloneNode(true) : document.createElement("span"));
    for (let at = 0; at < lines.length; ) {
      const run = (tag, from) => { let end = from; while (lines[end]?.tagName === tag) end++; return end; };
      const added = run("DEL", at), end = run("INS", added);
      if (end === at) { grid.append(cell(lines[at]), cell(lines[at])); at++; continue; }
      for (let row = 0; row < Math.max(added - at, end - added); row++) {
        grid.append(cell(at + row < added ? lines[at + row] : null), cell(added + row < end ? lines[added + row] : null));
      }
      at = end;
    }
    pre.before(grid);
  };

  // Colours of JSON. Lines with marked words are left as they are.
  const colour = (change) => {
    const parts = /("(?:[^"\\]|\\.)*")(\s*:)?/g;
    for (const line of all("pre > span, pre > ins, pre > del", change)) {
      if (line.childElementCount > 0 || line.textContent.startsWith("@@")) continue;
      const text = line.textContent, made = [];
      let done = 0;
      for (const match of text.matchAll(parts)) {
        const string = document.createElement("i");
        string.className = match[2] ? "json-key" : "json-text";
        string.textContent = match[1];
        made.push(text.slice(done, match.index), string, match[2] ?? "");
        done = match.index + match[0].length;
      }
      line.replaceChildren(...made, text.slice(done));
    }
  };
  const opened = (change) => {
    if (!change.dataset.seen) { change.dataset.seen = "1"; colour(change); }
    if (isPressed(sides)) pair(change);
  };
  changes.forEach((change) => change.addEventListener("toggle", () => change.open && opened(change)));

  const open = (is) => visible().forEach((change) => (change.open = is));
  const side = () => {
    press(sides, !isPressed(sides));
    document.body.classList.toggle("is-sides", isPressed(sides));
    changes.filter((change) => change.open).forEach(opened);
  };
  const move = (by) => {
    const rows = visible().map((change) => change.querySelector("summary"));
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
  };
  one("#open").addEventListener("click", () => open(true));
  one("#close").addEventListener("click", () => open(false));
  sides.addEventListener("click", side);
  const keys = { "/": () => search.focus(), j: () => move(1), k: () => move(-1), e: () => open(true), c: () => open(false), s: side };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { search.value = ""; filter(); search.blur(); return; }
    if (event.target === search || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // A printed page has every diff.
  let closed = [];
  addEventListener("beforeprint", () => { closed = changes.filter((change) => !change.open); closed.forEach((change) => (change.open = true)); });
  addEventListener("afterprint", () => closed.forEach((change) => (change.open = false)));
})();
