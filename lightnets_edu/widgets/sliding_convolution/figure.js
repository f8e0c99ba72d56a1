import { choice, controls, dial, html, svg, table, upto, whole, widget } from "../kit/shared.js";
import { player } from "../kit/player.js";
import { number, plane, writer } from "./planes.js";
import { words } from "./words.js";

const OFFERED = {
  kind: ["standard", "depthwise", "pointwise"],
  kernel: [1, 2, 3],
  stride: [1, 2],
  padding: [0, 1],
  size: [4, 5, 6],
};
const NAMES = [...Object.keys(OFFERED), "planes", "weights", "bias", "measured", "fixed", "cells", "step"];
const sum = (values) => values.reduce((total, value) => total + value, 0);
const cut = (grid, n) => grid.slice(0, n).map((row) => row.slice(0, n));

/** The layer of the traits: inputs of high × across, weights of c_out × c_in/g × K × K; outputs of rows × columns,
    each ⌊(n + 2p − K) / s⌋ + 1. */
export function layer({ planes, weights, bias, kind, kernel, stride, padding, size }) {
  const inputs = planes.map((grid) => cut(grid, size)),
    high = inputs[0].length,
    across = inputs[0][0].length;
  const places = (n) => Math.floor((n + 2 * padding - kernel) / stride) + 1,
    own = weights[kind].map((grids) => grids.map((grid) => cut(grid, kernel)));
  return { inputs, high, across, weights: own, bias, stride, padding, rows: places(high), columns: places(across) };
}

/** Step n, position by position and at each output by output. `parts`: for each input read, pairs of input and weight;
    `terms`: their sums, and the bias. */
export function moment({ inputs, weights, bias, stride, padding, columns }, n) {
  const o = n % weights.length,
    place = Math.floor(n / weights.length),
    y = Math.floor(place / columns),
    x = place % columns;
  const own = weights[o],
    first = own.length > 1 ? 0 : Math.floor((o * inputs.length) / weights.length);
  const parts = own.map((kernel, i) => {
    const at = (dy, dx) => inputs[first + i][y * stride + dy - padding]?.[x * stride + dx - padding] ?? 0;
    const pairs = kernel.flatMap((row, dy) => row.map((weight, dx) => [at(dy, dx), weight]));
    return { plane: first + i, pairs, sum: sum(pairs.map(([a, b]) => a * b)) };
  });
  const terms = [...parts.map((part) => part.sum), ...bias.slice(o, o + 1)];
  return { o, y, x, parts, terms, total: sum(terms) };
}

/** All output numbers, step by step. */
export const convolve = (here) =>
  upto(here.weights.length * here.rows * here.columns).map((n) => moment(here, n).total);

/** Weights of a standard, a depthwise and a pointwise layer, and their multiply-adds for so many positions. */
export const ways = (cIn, cOut, k, positions) =>
  [k * k * cIn * cOut, k * k * cIn, cIn * cOut].map((n) => [n, n * positions]);

const GAP = 4.8,
  FAR = 90; // between planes one under the other, and from inputs to outputs: as in the style sheet

/** Each input, its kernel and its products in a row; outputs to the right, or below where the page is narrow. */
function picture(stage) {
  let rows, outputs, last, wide;
  const flow = svg("path"),
    over = svg("svg", {}, flow);
  const div = (name, ...nodes) => html("div", { class: `ln-sl-${name}` }, ...nodes);
  function build({ inputs, high, across, weights, padding, k, cells, kind, ...here }, width) {
    const full = across + 2 * padding,
      [cell, kw, ow, pw] = cells.map(([, room]) => room + 5 * (width > 640));
    const rest = 36 + Math.max(116, k * (kw + pw)),
      out = here.columns * ow + 120;
    wide = full * cell + rest + out <= width;
    const w = Math.max(cell, Math.min(26, (width - rest - wide * out) / full)),
      h = Math.max(18, Math.min(26, w));
    rows = inputs.map((_, i) => [
      plane(words.input(i), high, across, w, h, padding, k),
      plane(words.filter(i), k, k, kw, 22),
      plane("", k, k, pw, 22),
    ]);
    outputs = weights.map((_, o) => plane(words.output(o), here.rows, here.columns, ow, h, 0, 1));
    stage.className = `ln-sl-stage ln-ink${2 - OFFERED.kind.indexOf(kind)} ${wide ? "ln-sl-wide" : ""}`;
    stage.replaceChildren(
      div("in", ...rows.map(([input, ...side]) => div("row", input, div("side", ...side))), over),
      div("out", ...outputs),
    );
  }
  /** Arrows from the planes that are read to the output, over the room between them. */
  function arrows({ now, k }) {
    const high = Math.max(...rows[0].map(({ tall }) => tall)) + GAP;
    const slot = Math.max(outputs[0].tall + GAP, (high * rows.length) / outputs.length);
    const arrow = ({ plane: i }) => {
      const rise = +(slot * now.o - high * i).toFixed(2);
      return `M6 ${high * i + 20 + 11 * k}c38 0 38 ${rise} ${FAR - 14} ${rise}m-6 -4l6 4l-6 4`;
    };
    return now.parts.map(arrow).join("");
  }
  return (here, width) => {
    const { inputs, weights, padding: p, stride: s, k, shown, step, now, cells } = here,
      n = weights.length,
      shape = [width, here.kind, k, s, p, here.size].join();
    const [read, weigh, tell, give] = cells.map(([digits]) => writer(digits));
    if (shape !== last) build(here, width);
    last = shape;
    rows.forEach(([input, kernel, products], i) => {
      const found = now.parts.find((part) => part.plane === i),
        o = found ? now.o : (i * n) / inputs.length,
        under = (at, start) => at + p >= start * s && at + p < start * s + k;
      input.slide(now.y * s, now.x * s, found);
      input.write(
        (j) => read(inputs[i].flat()[j]),
        (r, c) => found && under(r, now.y) && under(c, now.x),
      );
      kernel.write(
        (j) => weigh((weights[o][i] ?? weights[o][0]).flat()[j]),
        () => found,
      );
      products.name.textContent = found ? words.products : words.notRead;
      products.write(
        (j) => (found ? give(found.pairs[j][0] * found.pairs[j][1]) : ""),
        () => found,
      );
      products.sum.textContent = found ? `= ${tell(found.sum)}` : "";
      products.slide(0, 0, found);
    });
    outputs.forEach((output, o) => {
      output.slide(now.y, now.x, o === now.o);
      output.write(
        (j) => (j * n + o > step ? "" : tell(shown[j * n + o])),
        (r, c, j) => j * n + o === step,
      );
    });
    flow.setAttribute("d", wide ? arrows(here) : "");
  };
}

function read(model) {
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)])),
    here = layer(state);
  const shown = state.measured.length ? state.measured : convolve(here);
  return {
    ...state,
    ...here,
    k: state.kernel,
    out: (state.weights.standard ?? here.weights).length,
    steps: shown.length,
    shown,
    now: moment(here, state.step),
  };
}

/** What is read, the sum (5 − 3 + 2 = 4) and the multiply-adds. */
function sentence({ k, now: { o, y, x, parts, terms, total }, step, steps, measured, shown }) {
  const from = parts.length < 2 ? words.one(parts[0].plane) : words.every(k);
  const added = terms.map(number).join(" + ").replaceAll("+ −", "− "),
    each = parts.length * k * k;
  return [
    html("span", { class: "ln-badge", text: words.reads(k, from) }),
    html("b", { text: words.gives(o, y, x, [...new Set([added, number(total)])].join(" = ")) }),
    measured.length ? words.measured(number(shown[step]), number(total)) : "",
    words.spent(each, whole(each * (step + 1)), whole(each * steps)),
  ];
}

/** Output size, parameters, and what this size costs with a standard layer, and with a depthwise and a pointwise one;
    beside a pointwise layer with a 3 × 3 kernel, padded so that it gives as much. */
function facts({ inputs, high, across, weights, bias, kind, k, stride, padding, rows, columns, out }) {
  const sides = [
    [high, rows],
    [across, columns],
  ].map(([n, found]) => `⌊(${n} + 2·${padding} − ${k}) / ${stride}⌋ + 1 = ${found}`);
  const large = kind === "pointwise" ? 3 : k,
    [one, a, b] = ways(inputs.length, out, large, rows * columns);
  const padded = kind === "pointwise" ? words.padded(padding + 1) : "",
    costs = (write) => [1, 0].map((i) => write(...[one[i], a[i], b[i], a[i] + b[i]].map(whole)));
  return [
    html("p", {
      text: words.size([...new Set(sides)], weights.flat(3).length + bias.length),
    }),
    table([
      [words.outputs(out, rows, columns), words.macs, words.weights],
      [words.standard(large, padded), ...costs((n) => n)],
      [words.separable(large, padded), ...costs((_, deep, point, both) => `${deep} + ${point} = ${both}`)],
    ]),
  ];
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    stage = html("div", { "aria-hidden": "true" }),
    draw = picture(stage),
    below = html("div");
  const settings = Object.entries(OFFERED).map(([name, offered]) => ({
    name,
    offered,
    ...choice(words.settings[name], (value) => {
      const now = read(model),
        kind = name === "kind" ? value : now.kind,
        kernel = kind === "pointwise" ? 1 : now.kind === "pointwise" ? 3 : now.kernel;
      set({ kernel, [name]: value, step: 0 });
    }),
  }));
  const scrub = dial(words.step, (step) => {
    go.stop();
    set({ step });
  });
  const go = player(kit, () => {
    const { step, steps } = read(model),
      next = (step + 1) % steps;
    set({ step: next });
    return next + 1 < steps;
  });
  return {
    nodes: [controls(...settings.map(({ node }) => node)), controls(...go.buttons, scrub.node), stage, live, below],
    draw(width) {
      const here = read(model),
        { kind, step, steps } = here;
      for (const { name, offered, put } of settings) {
        const values = here.fixed || (name === "kernel" && kind === "pointwise") ? [here[name]] : offered;
        const texts = values.map((value) => words.kinds[value] ?? `${value}`);
        put(values, here[name], texts, values.length < 2);
      }
      scrub.put(upto(steps), step, words.stepOf(step + 1, steps));
      draw(here, width);
      live.replaceChildren(...sentence(here));
      below.replaceChildren(...facts(here));
    },
    data() {
      const {
          now: { o, parts },
          bias,
          shown,
          weights: { length: n },
          rows,
          columns,
        } = read(model),
        written = (pairs) => pairs.map((pair) => pair.map(number).join("·")).join(" + ");
      const given = (i, r) => [
        words.row(i, r),
        upto(columns)
          .map((x) => number(shown[(r * columns + x) * n + i]))
          .join(", "),
        "",
      ];
      return [
        table([
          [words.outputCell(o), words.pairs, words.sum],
          ...parts.map((part) => [words.inputCell(part.plane), written(part.pairs), number(part.sum)]),
          ...bias.slice(o, o + 1).map((b) => [words.bias, "", number(b)]),
          ...upto(n).flatMap((i) => upto(rows).map((r) => given(i, r))),
        ]),
      ];
    },
  };
});
