// What tests ask of a drawing besides what `still.js` gives: style sheets' selectors, and hands that move controls.

const SIMPLE = /^(\*|[\w-]+)?((?:[.#][\w-]+|\[[^\]]+\]|:not\([^()]*\)|:enabled)*)/;

function fitsPart(node, part) {
  if (part.startsWith(".")) return node.classList.contains(part.slice(1));
  if (part === ":enabled") return !node.disabled;
  if (part.startsWith(":not")) return !part.slice(5, -1).split(/,\s*/).some((inner) => fitsSimple(node, inner));
  const [, name, how, value] = part.match(/^\[([\w-]+)(?:(\^?=)"?'?([^"'\]]*)"?'?)?\]$/);
  const own = node.getAttribute(name);
  return own !== null && (!how || (how === "^=" ? own.startsWith(value) : own === value));
}

function fitsSimple(node, simple) {
  const [whole, tag, rest] = simple.match(SIMPLE);
  if (whole !== simple) throw new Error(`no such selector here: ${simple}`);
  if (tag && tag !== "*" && tag !== node.tag) return false;
  return (rest.match(/[.#][\w-]+|\[[^\]]+\]|:not\([^()]*\)|:enabled/g) ?? []).every((part) => fitsPart(node, part));
}

function fits(node, steps) {
  const [last, way] = [steps.at(-1), steps.at(-2)];
  if (!fitsSimple(node, last)) return false;
  if (steps.length === 1) return true;
  const above = steps.slice(0, -2);
  if (way === "+") {
    const all = node.parentNode?.children ?? [];
    const before = all[all.indexOf(node) - 1];
    return !!before && fits(before, above);
  }
  for (let up = node.parentNode; up; up = up.parentNode) {
    if (fits(up, above)) return true;
    if (way === ">") return false;
  }
  return false;
}

const steps = (selector) =>
  selector
    .trim()
    .replace(/\([^)]*\)/g, (inner) => inner.replace(/\s+/g, ""))
    .replace(/\s*([>+])\s*/g, "\u0000$1\u0000")
    .replace(/\s+/g, "\u0000 \u0000")
    .split("\u0000");
const lists = (selector) => selector.match(/(?:[^,(]|\([^)]*\))+/g).map(steps);
const inside = (node) => node.children.flatMap((child) => [child, ...inside(child)]);

Object.assign(Element.prototype, {
  matches(selector) {
    return lists(selector).some((list) => fits(this, list));
  },
  querySelectorAll(selector) {
    const all = lists(selector);
    return inside(this).filter((node) => all.some((list) => fits(node, list)));
  },
  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  },
  closest(selector) {
    for (let node = this; node; node = node.parentNode) if (node.matches(selector)) return node;
    return null;
  },
});
Object.assign(document, {
  querySelectorAll: (selector) => root.querySelectorAll(selector),
  querySelector: (selector) => root.querySelector(selector),
});

/** Where a shape lies, from its own coordinates; of arcs and curves the ends. */
const LENGTHS = { m: 2, l: 2, h: 1, v: 1, c: 6, a: 7, z: 0 };
function corners(path) {
  const found = [];
  let [x, y] = [0, 0];
  for (const [, letter, text] of path.matchAll(/([a-z])([^a-z]*(?:e-[^a-z]*)*)/gi)) {
    const numbers = (text.match(/-?\d*\.?\d+(?:e-?\d+)?/g) ?? []).map(Number);
    const kind = letter.toLowerCase();
    const near = letter === kind;
    for (let i = 0; i === 0 ? kind !== "z" : i < numbers.length; i += LENGTHS[kind]) {
      const end = numbers.slice(i, i + LENGTHS[kind]).slice(-2);
      if (kind === "h") x = end[0] + (near ? x : 0);
      else if (kind === "v") y = end[0] + (near ? y : 0);
      else [x, y] = [end[0] + (near ? x : 0), end[1] + (near ? y : 0)];
      found.push([x, y]);
    }
  }
  return found;
}

Element.prototype.getBBox = function () {
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => +this.getAttribute(name));
  if (this.tag === "rect") return { x, y, width, height };
  const [xs, ys] = [0, 1].map((at) => corners(this.getAttribute("d")).map((corner) => corner[at]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
};

const models = [
  {
    get: (name) => model.get(name),
    set: (...values) => model.set(...values),
    get state() {
      return model.state;
    },
  },
];
const stops = 0; // a figure that stops throws here
let saved = 0;
model.save_changes = () => {
  saved += 1;
};

/** The controls of a label, as a page's reader finds them; whole, or as a part of it. */
function labelled(nodes, label, whole) {
  const says = (text) => (whole ? text === label : text.toLowerCase().includes(label.toLowerCase()));
  return nodes.flatMap((node) =>
    node.querySelectorAll(".ln-field").flatMap((field) => (says(field.firstChild.textContent) ? [field.children[1]] : [])),
  );
}

/** Radios, boxes and buttons by their names. */
function named(nodes, role, name, whole) {
  const selector = { radio: "[role=radio]", option: "[role=option]", checkbox: "[type=checkbox]", button: "button" }[role];
  const says = (text) =>
    name === null || (name.startsWith("^") ? new RegExp(name).test(text) : whole ? text === name : text.includes(name));
  return nodes.flatMap((node) =>
    node.querySelectorAll(selector).filter((one) => says(one.getAttribute("aria-label") ?? one.textContent)),
  );
}

/** Move a control as a hand does: a slider or a menu to a place, a box to on or off; others are clicked. */
function operate(node, place) {
  if (node.disabled) throw new Error(`it is disabled: ${node.parentNode.textContent}`);
  const [menu, slider, box] = [node.tag === "select", node.type === "range", node.type === "checkbox"];
  if (box && node.checked === place) return;
  if (menu) node.selectedIndex = place;
  else if (slider) node.value = place;
  else if (box) node.checked = place ?? !node.checked;
  node.dispatchEvent({ type: menu || box ? "change" : slider ? "input" : "click", bubbles: true, target: node });
}

/** A pointer comes over a part, or leaves the parts. */
function point(node) {
  node.dispatchEvent({ type: "pointerover", bubbles: true, target: node });
}

/** One of the controls that can be moved, to one of the places that it has; says which. */
function throwDice(which, where) {
  const all = root
    .querySelectorAll("input:enabled, select:enabled, [role=radio], [role=option], button:enabled")
    .filter((node) => !/Play|Pause/.test(node.textContent));
  const node = all[which % all.length];
  operate(node, node.tag === "select" ? where % node.options.length : node.type === "range" ? where % (+node.max + 1) : undefined);
  return node.getAttribute("aria-label") ?? node.parentNode.firstChild.textContent;
}

/** What a page would show as text. */
function shown(node) {
  if (!(node instanceof Element)) return node.textContent;
  return node.hidden ? "" : node.tag === "br" ? "\n" : node.childNodes.map(shown).join("");
}
const visible = (node) => !node.closest("[hidden]") && (node.tag === "svg" || node.tag === "input" || !!shown(node));
