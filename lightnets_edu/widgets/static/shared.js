// What every widget shares.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** html("p", {class: "ln-note", text: "…"}, ...children); an `on…` attribute is a listener. */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Runs `draw` whenever one of the model's traits changes; returns the function that stops it. */
export function bind(model, names, draw) {
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, draw);
  return () => { for (const event of events) model.off(event, draw); };
}

/** Sets several traits at once and sends them. */
export function update(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/** [0, 1, … n - 1] */
export function upto(n) {
  return [...Array(n).keys()];
}

/** Rising numbers in words: "0–3 8". */
export function ranges(numbers) {
  const starts = numbers.filter((i) => !numbers.includes(i - 1)), ends = numbers.filter((i) => !numbers.includes(i + 1));
  return starts.map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i)).join(" ");
}

/** A widget's frame; its label stays where a page hides the caption. */
export function figure(label) {
  return html("figure", { class: "ln-widget", "aria-label": label, "data-lm-suppress-shortcuts": "true" });
}

export function field(label, ...control) {
  return html("label", { class: "ln-field" }, html("span", { text: label }), ...control);
}

/** Replaces the options of a native select, only where they differ. */
export function offer(select, values, chosen) {
  if (values.join() !== [...select.options].map((option) => option.value).join()) {
    select.replaceChildren(...values.map((value) => html("option", { value, text: value })));
  }
  select.value = chosen;
}

/** Arrow keys, Home and End inside a group of one-of-many; other keys are left alone. */
function rove(event, index, count, choose) {
  const moves = { ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0, End: count - 1 };
  if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  choose((moves[event.key] + count) % count);
}

/** Four trays of c channels, a little apart after every n. `at(r, i)` is channel i of tray r; `line` and `band` join
    trays r and r + 1; `w` and `h` are a channel's size. Where the page is narrow, rows become columns. */
export function layout(width, c, n) {
  const upright = width / c < 24, gaps = c / n, h = 26, spot = (a, b) => (upright ? [b, a] : [a, b]);
  const gap = upright ? 5 : Math.min(12, (width - 24 * c) / gaps), pitch = upright ? 28 : Math.min(52, (width - gap * gaps) / c);
  const w = upright ? Math.min(width / 4 - 26, 64) : Math.max(24, Math.min(pitch - 3, 42)), long = (pitch + gap / n) * c;
  const deep = upright ? w + 8 : 56, every = upright ? (width - deep) / 3 : 110, start = upright ? 30 : (width - long + gap) / 2;
  const along = (i) => start + pitch * (i + 0.5) + gap * Math.floor(i / n), top = (r) => every * r, end = (r) => top(r) + deep;
  return {
    upright, w, h, height: upright ? start + long : end(3),
    at: (r, i) => spot(along(i), top(r) + (upright ? deep / 2 : 38)),
    line: (r, i, j) => `M${spot(along(i), end(r))}L${spot(along(j), top(r + 1))}`,
    band(r, channels) {
      const [a, b] = [along(channels[0]) - pitch / 2, along(channels.at(-1)) + pitch / 2];
      return `M${spot(a, end(r))}L${spot(b, end(r))}L${spot(b, top(r + 1))}L${spot(a, top(r + 1))}z`;
    },
    tray(text, r) {
      const [[x, y], [wide, high]] = [spot(0, top(r)), upright ? [deep, start + long] : [width, deep]];
      const rect = svg("rect", { x, y, width: wide, height: high, rx: 6, class: "ln-tray" });
      return [rect, svg("text", { text, class: upright ? "" : "ln-name", x: upright ? x + deep / 2 : Math.max(start, 8), y: y + 18 })];
    },
  };
}

/** A channel: its number, and where it has a group of n the group's letter and colour. */
export function chip([x, y], { w, h }, channel, n) {
  const group = Math.floor(channel / n), letter = n && w > 20 ? String.fromCharCode(group + (group < 26 ? 65 : 71)) : "";
  const text = svg("text", { x, y: y + 4.5 }, channel, svg("tspan", { class: "ln-letter", text: letter }));
  return [svg("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 5, class: n ? `ln-hue${group % 4}` : "" }), text];
}

/** Four paths, one for each colour; `ink` fills them from pairs of a group and a piece of path. */
export const inks = (name) => upto(4).map((i) => svg("path", { class: `${name} ln-ink${i}` }));

export function ink(paths, pieces) {
  const drawn = ["", "", "", ""];
  for (const [group, piece] of pieces) drawn[group % 4] += piece;
  paths.forEach((path, i) => path.setAttribute("d", drawn[i]));
}

/** One of many, drawn as `shapes`: a radio button for keyboard, pointer and screen reader. */
export function radio(label, index, count, choose, shapes) {
  const onkeydown = (event) => rove(event, index, count, choose);
  return svg("g", { role: "radio", class: "ln-radio", "aria-label": label, onclick: () => choose(index), onkeydown }, ...shapes);
}

export function check(radios, chosen) {
  radios.forEach((node, i) => {
    node.setAttribute("aria-checked", i === chosen);
    node.setAttribute("tabindex", i === chosen ? 0 : -1);
  });
}

/** Calls `draw(width)` now and whenever the width of `node` changes; returns the function that stops it. */
export function fit(node, draw) {
  let width = 0;
  const measure = () => {
    const now = Math.floor(node.getBoundingClientRect().width);
    if (now && now !== width) draw(width = now);
  };
  const watch = new ResizeObserver(measure);
  watch.observe(node);
  measure();
  return () => watch.disconnect();
}

/** A table whose first row is its head. */
export function table([head, ...rows]) {
  const line = (cells, tag) => html("tr", {}, ...cells.map((cell) => html(tag, { text: cell, scope: tag === "th" && "col" })));
  return html("table", {}, html("thead", {}, line(head, "th")), html("tbody", {}, ...rows.map((cells) => line(cells, "td"))));
}

/** Play / Pause and Step. `advance()` makes one step and says whether there is another. Never starts by itself;
    stops when hidden, off screen or removed; where motion is unwelcome there is only Step. */
export function player({ root, advance, changed }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  const play = html("button", { type: "button", onclick: () => (timer ? stop() : start()) });
  const step = html("button", { type: "button", text: "Step", onclick: () => { stop(); advance(); } });
  const seen = new IntersectionObserver((entries) => { if (!entries.at(-1).isIntersecting) stop(); });

  function show() {
    play.textContent = timer ? "Pause" : "Play";
    play.hidden = still.matches;
    changed(timer > 0);
  }
  function tick() {
    if (document.hidden || !root.isConnected || !advance()) stop();
    else timer = setTimeout(tick, 1100);
  }
  function start() {
    timer = setTimeout(tick, 0);
    show();
  }
  function stop() {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    show();
  }
  function motion() { stop(); show(); }

  still.addEventListener("change", motion);
  seen.observe(root);
  show();
  return {
    buttons: [play, step],
    enable(on) { if (!on) stop(); play.disabled = step.disabled = !on; },
    stop,
    close() { stop(); seen.disconnect(); still.removeEventListener("change", motion); },
  };
}
