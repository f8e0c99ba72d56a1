// What a figure's module asks of a browser, and no more, for an engine that has none; and the drawing as HTML.
const VOID = ["br", "img", "input"];
const REFLECTED = ["max", "min", "type"]; // properties that are attributes too
const SWITCHES = ["disabled", "hidden", "open"];
const SVG = "http://www.w3.org/2000/svg";
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

class Text {
  constructor(text) {
    this.textContent = `${text}`;
  }
}

class Element {
  constructor(tag, space) {
    Object.assign(this, { tag, space, attributes: {}, childNodes: [], parentNode: null, heard: {} });
    const say = (styles) => this.setAttribute("style", styles.map(([name, value]) => `${name}: ${value};`).join(" "));
    const styles = {};
    const set = (_, name, value) => (say(Object.entries(Object.assign(styles, { [kebab(name)]: value }))), true);
    this.style = new Proxy(styles, { set });
    this.classList = {
      list: () => (this.attributes.class ?? "").split(/\s+/).filter(Boolean),
      contains: (name) => this.classList.list().includes(name),
      add: (name) => this.classList.toggle(name, true),
      toggle: (name, on = !this.classList.contains(name)) => {
        const others = this.classList.list().filter((other) => other !== name);
        if (on !== this.classList.contains(name))
          this.setAttribute("class", [...others, ...(on ? [name] : [])].join(" "));
      },
    };
    if (tag === "select") this.selectedIndex = -1;
  }
  setAttribute(name, value) {
    this.attributes[name] = `${value}`;
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  toggleAttribute(name, on) {
    if (on) this.attributes[name] ??= "";
    else delete this.attributes[name];
  }
  append(...nodes) {
    for (const given of nodes) {
      const node = given instanceof Element ? given : new Text(given);
      node.remove?.();
      node.parentNode = this;
      this.childNodes.push(node);
    }
  }
  replaceChildren(...nodes) {
    for (const node of this.childNodes) node.parentNode = null;
    this.childNodes = [];
    this.append(...nodes);
  }
  remove() {
    if (this.parentNode) this.parentNode.childNodes = this.parentNode.childNodes.filter((node) => node !== this);
    this.parentNode = null;
  }
  contains(node) {
    return node === this || this.children.some((child) => child.contains(node));
  }
  get children() {
    return this.childNodes.filter((node) => node instanceof Element);
  }
  get firstChild() {
    return this.childNodes[0] ?? null;
  }
  get options() {
    return this.children;
  }
  get text() {
    return this.textContent;
  }
  get textContent() {
    return this.childNodes.map((node) => node.textContent).join("");
  }
  set textContent(text) {
    this.replaceChildren(...(`${text}` ? [text] : []));
  }
  get className() {
    return this.attributes.class ?? "";
  }
  set className(names) {
    this.setAttribute("class", names);
  }
  get clientWidth() {
    return ROOM + 24;
  }
  /** All elements inside that fit: `.class`, `tag` or `[name=value]`. */
  querySelectorAll(selector) {
    const [, name, value] = selector.match(/^\[([\w-]+)=(\w+)\]$/) ?? [];
    const fits = (node) =>
      name
        ? node.attributes[name] === value
        : selector[0] === "."
          ? node.classList.contains(selector.slice(1))
          : node.tag === selector;
    return this.children.flatMap((node) => [...(fits(node) ? [node] : []), ...node.querySelectorAll(selector)]);
  }
  focus() {}
  addEventListener(type, listener) {
    (this.heard[type] ??= []).push(listener);
  }
  dispatchEvent(event) {
    for (let node = this; node; node = event.bubbles ? node.parentNode : null) {
      for (const listener of node.heard[event.type] ?? []) listener(Object.assign(event, { currentTarget: node }));
    }
  }
}
for (const name of REFLECTED) {
  Object.defineProperty(Element.prototype, name, {
    get() {
      return this.getAttribute(name);
    },
    set(value) {
      this.setAttribute(name, value);
    },
  });
}
for (const name of SWITCHES) {
  Object.defineProperty(Element.prototype, name, {
    get() {
      return name in this.attributes;
    },
    set(on) {
      this.toggleAttribute(name, on);
    },
  });
}

// What the engine is too old for --------------------------------------------------------------------------------------

const more = {
  at(i) {
    return this[i < 0 ? this.length + i : i];
  },
  findLast(fits) {
    return this[this.findLastIndex(fits)];
  },
  findLastIndex(fits) {
    return this.reduce((last, item, i) => (fits(item, i, this) ? i : last), -1);
  },
};
for (const [name, value] of Object.entries(more)) Object.defineProperty(Array.prototype, name, { value });
/** 27,496,448.25; the only form that figures ask for. */
Number.prototype.toLocaleString = function (_, { minimumFractionDigits: least, maximumFractionDigits: most = 3 } = {}) {
  const [whole, part = ""] = (least === most ? this.toFixed(most) : `${+this.toFixed(most)}`).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part && `.${part}`);
};

// The page ------------------------------------------------------------------------------------------------------------

class Watch {
  observe() {}
  disconnect() {}
}
class CustomEvent {
  constructor(type, options) {
    Object.assign(this, { type, ...options });
  }
}
const listening = { addEventListener() {}, removeEventListener() {} };
Object.assign(globalThis, {
  CustomEvent,
  ResizeObserver: Watch,
  IntersectionObserver: Watch,
  clearTimeout() {},
  document: { createElement: (tag) => new Element(tag), createElementNS: (space, tag) => new Element(tag, space) },
  matchMedia: () => ({ matches: false, ...listening }),
  console: {
    error: (...said) => {
      throw new Error(said.map((part) => part.message ?? part).join(" "));
    },
  },
});

let ROOM, root, model;

/** Draw a figure in so many pixels, its data unfolded. */
function begin(width, record) {
  const state = JSON.parse(record),
    heard = new Set();
  ROOM = width;
  root = new Element("div");
  model = {
    state,
    get: (name) => state[name],
    save_changes() {},
    set(name, value) {
      const values = typeof name === "object" ? name : { [name]: value },
        changed = Object.keys(values).some((key) => !Object.is(state[key], values[key]));
      Object.assign(state, values);
      if (changed) for (const draw of [...heard]) draw();
    },
    on: (_, draw) => heard.add(draw),
    off: (_, draw) => heard.delete(draw),
  };
  globalThis.figure.render({ model, el: root });
  for (const part of root.querySelectorAll("details")) {
    part.open = true;
    part.dispatchEvent({ type: "toggle" });
  }
}

// The drawing as HTML -------------------------------------------------------------------------------------------------

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const quoted = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
const GEOMETRY = /^(d|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|width|height|points|transform|viewBox)$/;
const ACTING = /^(tabindex|aria-live|aria-checked|aria-selected|aria-disabled|aria-value.*|data-lm-.*)$/;
const HANDS = /^(radio|radiogroup|listbox|option|slider)$/;
const tenths = (text) => text.replace(/-?\d*\.\d+(e-?\d+)?/g, (number) => `${+(+number).toFixed(1)}`);

function element(node, attributes, inside) {
  const said = Object.entries(attributes)
    .map(([name, value]) => (value === "" ? ` ${name}` : ` ${name}="${quoted(value)}"`))
    .join("");
  if (!inside && node.space === SVG) return `<${node.tag}${said}/>`;
  return `<${node.tag}${said}>${VOID.includes(node.tag) ? "" : `${inside}</${node.tag}>`}`;
}

/** All of it, as a browser would write it. */
function outer(node = root.firstChild) {
  if (!(node instanceof Element)) return escape(node.textContent);
  return element(node, node.attributes, node.childNodes.map(outer).join(""));
}

/** A control that cannot be moved says its label and where it stands. */
function setting(field) {
  const [input] = ["select", "input"].flatMap((tag) => field.querySelectorAll(tag)),
    label = field.firstChild.textContent;
  if (input.type === "checkbox") return `${input.checked ? "☑" : "☐"} ${label}`;
  if (input.tag === "select") return `${label}: ${input.options[input.selectedIndex]?.text}`;
  return `${label}: ${input.getAttribute("aria-valuetext")}`;
}

const isField = (node) => node.classList.contains("ln-field") && !node.hidden;

/** Without what needs a script: controls are words, pictures have a text alternative, lengths are tenths of a pixel. */
function plain(node, drawn = false) {
  if (!(node instanceof Element)) return escape(node.textContent);
  if (node.hidden || node.tag === "button") return "";
  if (node.classList.contains("ln-controls") || isField(node)) {
    const fields = (isField(node) ? [node] : node.querySelectorAll(".ln-field")).filter(isField);
    return fields.length ? `<p class="ln-set">${fields.map((field) => escape(setting(field))).join("; ")}</p>` : "";
  }
  const picture = !drawn && (node.tag === "svg" || "aria-hidden" in node.attributes),
    attributes = {};
  for (const [name, value] of Object.entries(node.attributes)) {
    const acts =
      ACTING.test(name) ||
      (name === "role" && HANDS.test(value)) ||
      (name === "aria-label" && HANDS.test(node.attributes.role));
    if (!acts && value !== "" && !(name === "aria-hidden" && (picture || drawn)))
      attributes[name] = GEOMETRY.test(name) && node.space === SVG ? tenths(value) : value;
  }
  if (picture)
    Object.assign(attributes, { role: "img", "aria-label": attributes["aria-label"] ?? globalThis.figure.label });
  if (node === root.firstChild)
    Object.assign(attributes, { class: `${node.className} ln-still`.trim(), "aria-label": globalThis.figure.label });
  if (node.tag === "details") attributes.open = "";
  return element(node, attributes, node.childNodes.map((child) => plain(child, drawn || picture)).join(""));
}
function plain_figure() {
  return plain(root.firstChild);
}
