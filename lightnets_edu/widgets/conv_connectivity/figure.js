import { asks } from "../kit/asks.js";
import { choice, controls, dial, mend, reserve, svg, table, upto, widget } from "../kit/shared.js";
import { net } from "./net.js";
import { plane } from "./plane.js";
import { words } from "./words.js";

const SIDE = 7,
  AREA = 49,
  WIDTHS = [2, 4, 6, 8, 12, 16],
  KERNELS = [1, 3, 5];
const TRAITS = ["kind", "c_in", "c_out", "kernel", "groups", "stride", "output", "more", "y", "x"];
// Two groups fit any number of channels on offer.
const PRESETS = [
  { kind: "grouped", groups: 2, kernel: 3, stride: 1 },
  { kind: "separable", kernel: 3, stride: 1 },
  { kind: "shuffled", groups: 2, kernel: 3, stride: 1 },
  { kind: "standard", kernel: 1, stride: 2, y: 1, x: 1 },
];

const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const divisors = (a, b) => upto(Math.min(a, b) + 1).filter((g) => a % g === 0 && b % g === 0);

const dealt = (kind) => kind === "grouped" || kind === "shuffled";

/** A change of traits, and what has to go with it: groups that do nothing now, and outputs that there are no more. */
export function fit(t, change) {
  const { c_in, c_out, groups, output, more } = { ...t, ...change },
    first = Math.min(output, c_out - 1);
  return {
    ...change,
    groups: divisors(c_in, c_out).findLast((g) => g <= groups),
    output: first,
    more: Math.min(more, c_out - 1 - first),
  };
}

/** The layers that the slider goes through, from standard to depthwise to separable, and where a figure stands. */
export function stops({ kind, c_in, c_out, groups }) {
  const square = c_in === c_out,
    cuts = divisors(c_in, c_out).filter((g) => g > 1 && !(square && g === c_in)),
    through = (name) => cuts.map((g) => [name, g]);
  const list = [
    ["standard"],
    ...through("grouped"),
    ...(square ? [["depthwise"]] : []),
    ["separable"],
    ...through("shuffled"),
  ];
  const own = dealt(kind) ? [kind, groups] : [kind === "pointwise" ? "standard" : kind],
    at = list.findIndex((stop) => `${stop}` === `${own}`);
  return at < 0 ? [[...list, own], list.length] : [list, at];
}

/** A convolution in g groups: for each output the inputs of its group, `from` telling where each came from. */
function layer(c_in, c_out, kernel, g, patch, size, from = upto(c_in)) {
  const n = c_in / g,
    rows = upto(c_out).map((o) => sorted(upto(n).map((k) => from[Math.floor((o * g) / c_out) * n + k])));
  return { weights: kernel * kernel * n * c_out, size, rows, patch };
}

/** The rows, or columns, that an output reads. */
const taps = (kernel, stride, at) =>
  upto(kernel)
    .map((k) => at * stride + k - (kernel - 1) / 2)
    .filter((i) => i >= 0 && i < SIDE);

/** What the outputs of a convolution read at row y, column x. */
export function connect(t) {
  const { kind, c_in, c_out, kernel, groups, stride, y, x } = t,
    g = dealt(kind) ? groups : kind === "depthwise" || kind === "separable" ? c_in : 1,
    side = Math.ceil(SIDE / stride),
    shuffled = kind === "shuffled",
    two = shuffled || kind === "separable";
  const patch = taps(kernel, stride, y).flatMap((i) => taps(kernel, stride, x).map((j) => SIDE * i + j));
  const steps = [layer(c_in, two ? c_in : c_out, kernel, g, patch, [SIDE, SIDE])];
  if (two) {
    const h = shuffled ? g : 1,
      order = upto(c_in).map((place) => (place % h) * (c_in / h) + Math.floor(place / h));
    steps.push(layer(c_in, c_out, 1, h, [side * y + x], [side, side], order));
    steps[0].name = words.plan(shuffled ? "grouped" : "depthwise", kernel, g);
    steps[1].name = words.plan(shuffled ? "grouped" : "pointwise", 1, g);
  }
  const rows = two ? steps[1].rows.map((row) => sorted(row.flatMap((mid) => steps[0].rows[mid]))) : steps[0].rows;
  return {
    rows,
    patch,
    fans: rows.map((row) => row.length * patch.length),
    steps: two ? steps : [],
    size: [side, side],
    params: steps.reduce((all, step) => all + step.weights, 0),
    standard: kernel * kernel * c_in * c_out,
    unread: upto(AREA).filter((i) => kernel < stride && ((i % SIDE) % stride || Math.floor(i / SIDE) % stride)),
  };
}

/** The same of a module, looked up in what was measured. */
export function look({ reads, sets, steps, ...rest }, output, place) {
  const here = reads[place];
  return {
    ...rest,
    rows: here.map((read) => sets[read[1]]),
    fans: here.map((read) => read[2]),
    patch: sets[here[output][0]],
    steps: steps.map(({ patches: all, ...step }) => ({ ...step, patch: all[place] })),
  };
}

/** From channels of one row to all that they come from and go to: for each row of channels, those met. */
export function trace(layers, row, places) {
  const met = [...layers.map(() => []), []];
  met[row] = places;
  for (let k = row; k > 0; k--) met[k - 1] = sorted(met[k].flatMap((o) => layers[k - 1][o]));
  for (let k = row; k < layers.length; k++)
    met[k + 1] = upto(layers[k].length).filter((o) => layers[k][o].some((i) => met[k].includes(i)));
  return met;
}

const count = (rows) => rows.flat().length;

/** What the traits say: the layers, their threads from channel to channel, and their weights. */
function read(model) {
  const t = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])),
    own = model.get("measured"),
    { kind, kernel, output, y, x } = t,
    fixed = !!own.size,
    here = fixed ? look(own, output, y * own.size[1] + x) : connect(t),
    { rows, steps, taps, unlike, kernels = here.params } = here,
    plain = kind === "standard" && kernel === 1 ? "pointwise" : kind;
  const one = {
    name: unlike ? words.measured : words.plan(plain, kernel, t.groups),
    size: [SIDE, SIDE],
    weights: kernels,
    rows,
  };
  const layers = (steps.length ? steps : [one]).map((step, k) => ({
    ...step,
    ink: unlike ? 3 : k || plain === "pointwise" ? 0 : count(step.rows) > step.rows.length ? 2 : 1,
    taps: (o, i) => (taps ? taps[o][i] : step.weights / count(step.rows)),
  }));
  return { ...t, ...here, fixed, layers, kernels, place: y * here.size[1] + x };
}

/** What a part of the drawing is: `[row, place]`, or the outputs that are chosen. */
function sentence({ unlike, rows, fans, patch, kernel, unread, c_in, output, more, layers }, spot, met) {
  const last = layers.length,
    [row, first] = spot ?? [last, output],
    end = spot ? first : output + more;
  if (row < last) return words.goes(first, row && met[0].length, c_in, met[last].length, rows.length);
  const off = unlike ? 0 : kernel * kernel - patch.length;
  return [
    unlike,
    words.reads(first, end, patch.length, off, met[0].length, c_in, first === end && fans[first]),
    unread.length > 0 && words.unread(unread.length, AREA),
  ]
    .filter(Boolean)
    .join(" ");
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit;
  let here;
  const change = (values) => set(fit(here, values)),
    layer = dial(words.layer, ([kind, groups = here.groups]) => change({ kind, groups }), 10),
    channels = dial(words.channels, (c) => change({ c_in: c, c_out: c }), 2),
    kernel = choice(
      words.kernel,
      (k) => set({ kernel: k, kind: here.kind === "pointwise" ? "standard" : here.kind }),
      3,
    );
  const hands = controls(layer.node, channels.node, kernel.node);
  const questions = asks(
    kit,
    PRESETS.map((values, i) => [words.asks[i], values]),
  );
  const map = plane(set),
    threads = net(set, light),
    stage = svg(
      "svg",
      { class: "ln-cv" },
      svg("g", { "aria-hidden": "true" }, ...map.drawn, ...threads.drawn),
      map.node,
      threads.node,
      threads.marks,
    );

  /** Lights what a part comes from and goes to; or the chosen outputs' past. */
  function light(spot) {
    const last = here.layers.length,
      chosen = upto(here.more + 1).map((i) => here.output + i),
      own = spot && !(spot[0] === last && chosen.includes(spot[1])) ? spot : null,
      rows = here.layers.map((one) => one.rows),
      met = own ? trace(rows, own[0], [own[1]]) : trace(rows, last, chosen);
    threads.light(here, met);
    mend(live, "text", sentence(here, own, met));
  }
  return {
    nodes: [hands, stage, live, questions.node],
    draw(width) {
      here = read(model);
      const { kind, c_in, groups, fixed } = here,
        [list, at] = stops(here);
      layer.put(list, list[at], words.stop(...list[at]));
      channels.put(
        WIDTHS.filter((c) => c === c_in || !dealt(kind) || (c > groups && c % groups === 0)),
        c_in,
      );
      kernel.put(KERNELS, here.kernel, KERNELS.map(words.square));
      mend(stage, "viewBox", `0 0 ${width} ${threads.put(here, width, map.put(here, width))}`);
      reserve(live, 2 + (width < 420) + fixed);
      // What was measured is as it is.
      hands.hidden = questions.node.hidden = fixed;
      questions.put();
      light(threads.meant());
    },
    data: () => [table([words.heads, ...here.rows.map((row, o) => [o, row.join(" "), here.fans[o]])])],
  };
});
