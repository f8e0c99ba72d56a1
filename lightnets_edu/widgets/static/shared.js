// What every widget shares: elements, binding to the model, a player, a roving selection.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
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

/** The channels of a bit mask: 0b1010 is [1, 3]. */
export function members(mask) {
  const found = [];
  for (let i = 0; mask >> i; i += 1) if ((mask >> i) & 1) found.push(i);
  return found;
}

/** The channels of a bit mask in words: "0 1 2", or "all 12". */
export function brief(mask, c) {
  return members(mask).length === c ? `all ${c}` : members(mask).join(" ");
}

export function field(label, control) {
  return html("label", { class: "ln-field" }, html("span", { text: label }), control);
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

/** Four rows of c channels: `at(r, i)` is channel i of row r, `line(r, i, j)` joins it to channel j of the
    next row, `join` draws all the lines that masks of channels tell. Where the page is narrow, rows become columns. */
export function layout(width, c) {
  const upright = width / c < 26;
  const pitch = upright ? 28 : Math.min(width / c, 52);
  const [w, h] = upright ? [Math.min(width / 4 - 24, 64), 24] : [Math.min(pitch - 3, 40), 26];
  const left = (width - pitch * c) / 2, gap = upright ? width / 4 : 88;
  const at = upright
    ? (r, i) => [gap * (r + 0.5), 44 + pitch * i]
    : (r, i) => [left + pitch * (i + 0.5), 40 + gap * r];
  const half = upright ? [w / 2, 0] : [0, h / 2];
  const line = (r, i, j) => {
    const [a, b] = [at(r, i), at(r + 1, j)];
    return `M${a[0] + half[0]} ${a[1] + half[1]}L${b[0] - half[0]} ${b[1] - half[1]}`;
  };
  const join = (r, masks, only) => masks
    .flatMap((mask, j) => (!only || only.has(j) ? members(mask).map((i) => line(r, i, j)) : [])).join("");
  return { upright, w, h, at, line, join, left, height: upright ? 40 + pitch * c : 50 + gap * 3 + h };
}

/** A channel: its number, its group's letter, and its group's colour. */
export function chip([x, y], w, h, channel, n) {
  const group = Math.floor(channel / n), letter = svg("tspan", { class: "ln-letter", text: "ABCDEFGHIJKL"[group] });
  const text = svg("text", { x, y: y + 4.5 }, String(channel), letter);
  return [svg("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 5, class: `ln-hue${group % 4}` }), text];
}

/** One of many, drawn as `shapes`: a radio button for keyboard, pointer and screen reader. */
export function radio(label, index, count, choose, shapes) {
  const onkeydown = (event) => rove(event, index, count, choose);
  return svg("g", { role: "radio", class: "ln-radio", "aria-label": label, onclick: () => choose(index), onkeydown }, ...shapes);
}

export function check(radios, chosen) {
  radios.forEach((node, i) => {
    node.setAttribute("aria-checked", String(i === chosen));
    node.setAttribute("tabindex", i === chosen ? "0" : "-1");
  });
}

/** Calls `draw(width)` now and whenever the width of `node` changes; returns the function that stops it. */
export function fit(node, draw) {
  let width = 0;
  const measure = () => {
    const now = Math.round(node.getBoundingClientRect().width);
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

/**
 * Play / Pause and Step. `advance()` makes one step and says whether there is another. Never starts by itself;
 * stops when hidden, off screen or removed; where motion is unwelcome there is no Play, only Step.
 */
export function player({ root, advance, changed, pause = 1100 }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;
  const play = html("button", { type: "button", onclick: () => (timer ? stop() : start()) });
  const step = html("button", { type: "button", text: "Step", onclick: () => { stop(); advance(); } });
  const seen = new IntersectionObserver((entries) => { if (!entries[entries.length - 1].isIntersecting) stop(); });

  function show() {
    play.textContent = timer ? "Pause" : "Play";
    play.hidden = still.matches;
    changed(timer !== null);
  }
  function tick() {
    if (document.hidden || !root.isConnected || !advance()) stop();
    else timer = setTimeout(tick, pause);
  }
  function start() {
    if (still.matches) return;
    timer = setTimeout(tick, 0);
    show();
  }
  function stop() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
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
