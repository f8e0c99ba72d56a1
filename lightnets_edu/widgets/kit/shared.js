// What every figure shares: elements, numbers in words, controls, a figure's frame and life.
import { words } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Sets an attribute, or the `text`, where it is another: what is not touched costs a browser nothing. */
export function mend(node, name, value) {
  const now = `${value}`;
  if (name === "text") {
    if (node.textContent !== now) node.textContent = now;
  } else if (node.getAttribute(name) !== now) node.setAttribute(name, now);
}

// The same for a control's own properties: a value that is set again lays it out again.
function turn(input, name, value) {
  if (input[name] !== value) input[name] = value;
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value === false || value == null) continue;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else mend(node, name, value === true ? "" : value);
  node.append(...children);
  return node;
}

// JupyterLab takes keys for itself, unless what has the focus says no.
const OWN_KEYS = { "data-lm-suppress-shortcuts": true };

/** html("p", {class: "ln-note", text: "…"}, ...children); an `on…` attribute is a listener. */
export function html(tag, attributes = {}, ...children) {
  const own = /input|select|button/.test(tag) && OWN_KEYS;
  return fill(document.createElement(tag), { ...own, ...attributes }, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts nodes into a parent where they are not there yet, and takes the others away; what stays is not touched. */
export function settle(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.children]) if (!wanted.has(node)) node.remove();
  parent.append(...nodes.filter((node) => node.parentNode !== parent));
}

/** [0, 1, … n - 1] */
export const upto = (n) => [...Array(n).keys()];

/** 27,496,448 */
export const whole = (n) => n.toLocaleString("en-GB");

export const controls = (...children) => html("div", { class: "ln-controls" }, ...children);
const field = (label, ...children) => html("label", { class: "ln-field" }, html("span", { text: label }), ...children);

/** Room for so many lines of words, whatever they are: what stands below does not jump. */
export function reserve(node, lines) {
  node.style.height = `${1.45 * lines}em`;
  return node;
}
const broad = (letters, more = 0) => letters && `min-width: calc(${letters}ch + ${more}rem)`;

/** A slider over a list of values. `put(values, value, text)` shows a state; `choose(value)` hears of a move. `letters`
    is the room that the longest text needs, so that no other control moves. */
export function dial(label, choose, letters) {
  let list = [];
  const input = html("input", { type: "range", min: 0, oninput: () => choose(list[input.value]) }),
    shown = html("b", { style: broad(letters) });
  return {
    node: field(label, input, shown),
    put(values, value, text = value, disabled = false) {
      list = values;
      mend(input, "max", values.length - 1);
      turn(input, "value", `${values.indexOf(value)}`);
      input.disabled = disabled || values.length < 2;
      mend(input, "aria-valuetext", text);
      mend(shown, "text", text);
    },
  };
}

/** A native select. `put(values, value, texts)` replaces its options where they differ; `letters` as for a slider. */
export function choice(label, choose, letters) {
  let list = [];
  const input = html("select", { style: broad(letters, 2.6), onchange: () => choose(list[input.selectedIndex]) });
  return {
    node: field(label, input),
    put(values, value, texts = values, disabled = false) {
      list = values;
      if (`${texts}` !== `${[...input.options].map((option) => option.text)}`)
        input.replaceChildren(...texts.map((text) => html("option", { text })));
      turn(input, "selectedIndex", values.indexOf(value));
      input.disabled = disabled;
    },
  };
}

export function tick(label, choose) {
  const input = html("input", { type: "checkbox", onchange: () => choose(input.checked) });
  return {
    node: field(label, input),
    put(on, disabled = false) {
      input.checked = on;
      input.disabled = disabled;
    },
  };
}

/** A table whose first row is its head. */
export function table([head, ...rows]) {
  const line = (cells, tag) =>
    html("tr", {}, ...cells.map((text) => html(tag, { text, scope: tag === "th" && "col" })));
  return html(
    "table",
    {},
    html("thead", {}, line(head, "th")),
    html("tbody", {}, ...rows.map((cells) => line(cells, "td"))),
  );
}

/** A figure's frame and life. `build({ model, root, live, set, close })` makes its parts once: `nodes`, that stand
    above the sentence `live`, the data and the caption (`live` may be among them); `draw(width)`, called when there is
    room and at every change of state or width; `data()`, the nodes under “The data”, asked while that is open.
    `set(values)` sends several traits at once; `close(undo)` is for the end. What throws ends the figure, not the page.
    `label` is also what a still picture is called. */
export function widget(label, build) {
  return {
    label,
    render({ model, el }) {
      const ends = [],
        root = html("figure", { class: "ln-widget", "aria-label": words.interactive(label) });
      let parts,
        width = 0;
      const end = () => {
        for (const undo of ends.splice(0)) undo();
      };
      function guard(act) {
        try {
          act();
        } catch (error) {
          end();
          console.error("figure:", error);
          root.replaceChildren(html("p", { text: words.stopped(error.message) }));
          root.dispatchEvent(new CustomEvent("ln-stopped", { bubbles: true }));
        }
      }
      const data = html("div", { class: "ln-data", tabindex: 0, role: "group", "aria-label": words.data });
      const details = html("details", { ontoggle: draw }, html("summary", { text: words.data }), data);
      const live = html("p", { "aria-live": "polite", class: "ln-say" });
      function draw() {
        if (width)
          guard(() => {
            parts.draw(width);
            if (details.open) data.replaceChildren(...parts.data());
          });
      }
      function measure() {
        // less its padding
        const now = Math.floor(root.clientWidth - 24);
        if (now > 0 && now !== width) {
          width = now;
          draw();
        }
      }
      el.append(root);
      guard(() => {
        const set = (values) => {
          model.set(values);
          model.save_changes();
        };
        parts = build({ model, root, live, set, close: (undo) => ends.push(undo) });
        root.append(...parts.nodes);
        if (!root.contains(live)) root.append(live);
        root.append(details, html("figcaption", { text: model.get("caption") }));
        model.on("change", draw);
        const watch = new ResizeObserver(measure);
        watch.observe(root);
        ends.push(
          () => model.off("change", draw),
          () => watch.disconnect(),
        );
        measure();
      });
      return () => {
        end();
        root.remove();
      };
    },
  };
}
