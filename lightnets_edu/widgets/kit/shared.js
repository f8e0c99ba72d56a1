// What every figure shares: elements, numbers in words, controls, a figure's frame and life.
import { words } from "./words.js";

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

/** [0, 1, … n - 1] */
export const upto = (n) => [...Array(n).keys()];

/** 27,496,448 */
export const whole = (n) => n.toLocaleString("en-GB");

export const controls = (...children) => html("div", { class: "ln-controls" }, ...children);
const field = (label, ...children) => html("label", { class: "ln-field" }, html("span", { text: label }), ...children);

/** A slider over a list of values. `put(values, value, text)` shows a state; `choose(value)` hears of a move. */
export function dial(label, choose) {
  let list = [];
  const input = html("input", { type: "range", min: 0, oninput: () => choose(list[input.value]) }),
    shown = html("b");
  return {
    node: field(label, input, shown),
    put(values, value, text = value, disabled = false) {
      list = values;
      input.max = values.length - 1;
      input.value = values.indexOf(value);
      input.disabled = disabled || values.length < 2;
      input.setAttribute("aria-valuetext", (shown.textContent = text));
    },
  };
}

/** A native select. `put(values, value, texts)` replaces its options where they differ. */
export function choice(label, choose) {
  let list = [];
  const input = html("select", { onchange: () => choose(list[input.selectedIndex]) });
  return {
    node: field(label, input),
    put(values, value, texts = values, disabled = false) {
      list = values;
      if (`${texts}` !== `${[...input.options].map((option) => option.text)}`)
        input.replaceChildren(...texts.map((text) => html("option", { text })));
      input.selectedIndex = values.indexOf(value);
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

/** One of many, drawn as `shapes`: a radio button for pointer, keyboard and screen reader. `choose(i)` hears of clicks,
    arrow keys, Home and End; other keys are left alone. */
export function radio(label, i, count, choose, shapes) {
  const pick = (event) => {
    const moves = {
      ArrowRight: i + 1,
      ArrowDown: i + 1,
      ArrowLeft: i - 1,
      ArrowUp: i - 1,
      Home: 0,
      End: count - 1,
      " ": i,
    };
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const group = event.currentTarget.parentNode,
      to = (moves[event.key] + count) % count;
    choose(to);
    group.querySelectorAll("[role=radio]")[to].focus();
  };
  return svg(
    "g",
    { role: "radio", class: "ln-radio", "aria-label": label, ...OWN_KEYS, onclick: () => choose(i), onkeydown: pick },
    ...shapes,
  );
}

/** Marks the one that is chosen; it alone is reached by Tab. */
export function check(radios, chosen) {
  radios.forEach((node, i) => {
    node.setAttribute("aria-checked", i === chosen);
    node.classList.toggle("ln-chosen", i === chosen);
    node.setAttribute("tabindex", i === chosen ? 0 : -1);
  });
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
        const now = Math.floor(root.clientWidth - 24); // less its padding
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
