import { asks } from "../kit/asks.js";
import { choice, controls, dial, reserve, svg, table, upto, whole, widget } from "../kit/shared.js";
import { net } from "./net.js";
import { plane } from "./plane.js";
import { words } from "./words.js";

const SIDE = 7,
  AREA = SIDE * SIDE,
  WIDTHS = [2, 4, 6, 8, 12, 16],
  KERNELS = [1, 3, 5],
  INKS = { standard: 2, grouped: 2, depthwise: 1, pointwise: 0 };
const TRAITS = ["kind", "c_in", "c_out", "kernel", "groups", "stride", "output", "more", "y", "x"];
// Two groups fit any number of channels on offer.
const PRESETS = [
  { kind: "grouped", groups: 2, kernel: 3, stride: 1 },
  { kind: "separable", kernel: 3, stride: 1 },
  { kind: "shuffled", groups: 2, kernel: 3, stride: 1 },
  { kind: "standard", kernel: 1, stride: 2, y: 1, x: 1 },
];

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const divisors = (a, b) => upto(Math.min(a, b) + 1).filter((g) => a % g === 0 && b % g === 0);

const dealt = (kind) => kind === "grouped" || kind === "shuffled";

/** The groups that count: those chosen, or the kind's own. */
const cut = ({ kind, groups, c_in }) =>
  dealt(kind) ? groups : kind === "depthwise" || kind === "separable" ? c_in : 1;

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
  const list = [["standard"], ...through("grouped"), ["depthwise"], ["separable"], ...through("shuffled")].filter(
    ([name]) => square || name !== "depthwise",
  );
  let own = dealt(kind) ? [kind, groups] : [kind];
  if (kind === "pointwise" || `${own}` === "grouped,1") own = ["standard"];
  if (square && `${own}` === `grouped,${c_in}`) own = ["depthwise"];
  const at = list.findIndex((stop) => `${stop}` === `${own}`);
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
  const { kind, c_in, c_out, kernel, stride, y, x } = t,
    g = cut(t),
    side = Math.ceil(SIDE / stride),
    shuffled = kind === "shuffled",
    two = shuffled || kind === "separable";
  const patch = taps(kernel, stride, y).flatMap((i) => taps(kernel, stride, x).map((j) => SIDE * i + j)),
    k = kernel > 1 ? kernel : 3;
  const steps = [layer(c_in, two ? c_in : c_out, kernel, g, patch, [SIDE, SIDE])];
  if (two) {
    const h = shuffled ? g : 1,
      order = upto(c_in).map((place) => (place % h) * (c_in / h) + Math.floor(place / h));
    steps.push(layer(c_in, c_out, 1, h, [side * y + x], [side, side], order));
    steps[0].name = words.first(shuffled, kernel);
    steps[1].name = words.second(shuffled);
  }
  const rows = two ? steps[1].rows.map((row) => sorted(row.flatMap((mid) => steps[0].rows[mid]))) : steps[0].rows;
  return {
    rows,
    patch,
    fans: rows.map((row) => row.length * patch.length),
    steps: two ? steps : [],
    size: [side, side],
    params: sum(steps.map((step) => step.weights)),
    standard: k * k * c_in * c_out,
    unread: upto(AREA).filter((i) => kernel < stride && ((i % SIDE) % stride || Math.floor(i / SIDE) % stride)),
  };
}

const ones = (bits) => upto(AREA).filter((i) => Math.floor(bits / 2 ** i) % 2);

/** The same of a module, looked up in what was measured. */
export function look({ reads, patches, unread, steps, size, params, standard }, output, place) {
  const here = reads.filter((_, k) => k % (size[0] * size[1]) === place),
    [first, second] = steps;
  const step = ({ patches: all, rows, ...rest }, at) => ({ ...rest, rows: rows.map(ones), patch: ones(all[at]) });
  const last = second && step(second, place),
    middle = last?.patch[Math.floor(last.patch.length / 2)] ?? 0;
  return {
    rows: here.map((read) => ones(read[1])),
    patch: ones(patches[here[output][0]]),
    fans: here.map((read) => read[2]),
    steps: last ? [step(first, middle), last] : [],
    size,
    params,
    standard,
    unread: ones(unread),
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

/** Rising numbers in words: "0–3 8". */
function ranges(numbers) {
  const starts = numbers.filter((i) => !numbers.includes(i - 1)),
    ends = numbers.filter((i) => !numbers.includes(i + 1));
  return starts.map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i)).join(" ");
}

const count = (rows) => sum(rows.map((row) => row.length));

/** What the traits say: the layers, their threads from channel to channel, and their weights. */
function read(model) {
  const t = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])),
    own = model.get("measured"),
    fixed = "size" in own,
    { kind, kernel, output, y, x } = t;
  const here = fixed ? look(own, output, y * own.size[1] + x) : connect(t),
    { rows, steps, params, standard, size } = here,
    kernels = own.kernels ?? params;
  const ink = own.unlike || kernel > 1 || kind !== "standard" ? (own.unlike ? 3 : (INKS[kind] ?? 2)) : 0;
  const plain = kind === "standard" && kernel === 1 ? "pointwise" : kind,
    name = own.unlike ? words.measured : words.plan(plain, kernel, t.groups),
    even = (weights, own) => () => weights / count(own);
  const layers = steps.length
    ? steps.map((step, k) => ({
        ...step,
        ink: k ? 0 : step.rows.every((row) => row.length === 1) ? 1 : 2,
        taps: even(step.weights, step.rows),
      }))
    : [
        {
          name,
          ink,
          rows,
          weights: kernels,
          size: [SIDE, SIDE],
          taps: own.taps ? (o, i) => own.taps[o][i] : even(params, rows),
        },
      ];
  return {
    ...t,
    ...here,
    own,
    fixed,
    layers,
    kernels,
    place: y * size[1] + x,
    beside: kernel > 1 ? kernel : 3,
    standard,
  };
}

/** What a part of the drawing is: `[row, place]`, or the outputs that are chosen. */
function sentence(here, spot, met) {
  const { own, rows, fans, patch, fixed, kernel, unread, c_in, output, more } = here,
    last = here.layers.length,
    goes = words.goes(met[last].length, rows.length, ranges(met[last]));
  if (spot && spot[0] === 0) return words.input(spot[1], goes);
  if (spot && spot[0] < last) return words.between(spot[1], ranges(met[0]), goes);
  const [first, end] = spot ? [spot[1], spot[1]] : [output, output + more],
    off = fixed || unread.length ? 0 : kernel * kernel - patch.length;
  return [
    own.unlike,
    words.reads([first, end], patch.length, off, met[0].length, c_in, first === end && fans[first]),
    unread.length > 0 && words.unread(unread.length, AREA),
  ]
    .filter(Boolean)
    .join(" ");
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    fixed = "size" in model.get("measured");
  let here;
  const change = (values) => set(fit(here, values)),
    layer = dial(words.layer, ([kind, groups = here.groups]) => change({ kind, groups }), 15),
    channels = dial(words.channels, (c) => change({ c_in: c, c_out: c }), 6),
    kernel = choice(
      words.kernel,
      (size) => set({ kernel: size, ...(here.kind === "pointwise" && { kind: "standard" }) }),
      3,
    );
  layer.node.classList.add("ln-cv-long");
  const questions = asks(
    kit,
    PRESETS.map((values, i) => [words.asks[i], values]),
  );
  questions.node.hidden = fixed;
  const stage = svg("svg", { class: "ln-cv" }),
    map = plane(set),
    threads = net(set, light);
  stage.append(...map.nodes, ...threads.nodes);

  /** Lights what a part comes from and goes to; or the chosen outputs' past. */
  function light(spot) {
    const last = here.layers.length,
      chosen = upto(here.more + 1).map((i) => here.output + i),
      own = spot && !(spot[0] === last && chosen.includes(spot[1])) ? spot : null;
    const met = trace(
      here.layers.map((one) => one.rows),
      own ? own[0] : last,
      own ? [own[1]] : chosen,
    );
    threads.light(here, met);
    live.textContent = sentence(here, own, met);
  }
  return {
    nodes: [controls(layer.node, channels.node, kernel.node), stage, live, questions.node],
    draw(width) {
      here = read(model);
      const { kind, c_in, c_out, groups, own } = here,
        [list, at] = stops(here),
        [name, cuts] = fixed ? [kind, groups] : list[at],
        shown = own.unlike ? words.measured : words.stops[name](cuts);
      const widths = WIDTHS.filter((c) => !dealt(kind) || c % groups === 0);
      layer.put(fixed ? [0] : list, fixed ? 0 : list[at], shown, fixed);
      channels.put(fixed ? [c_in] : widths, c_in, words.across(c_in, c_out), fixed);
      const sizes = fixed ? [here.kernel] : KERNELS;
      kernel.put(sizes, here.kernel, own.unlike ? ["–"] : sizes.map(words.square), fixed);
      const below = map.put(here, width);
      stage.setAttribute("viewBox", `0 0 ${width} ${threads.put(here, width, below)}`);
      reserve(live, (width < 420 ? 3 : width < 1000 ? 2 : 1) + fixed);
      questions.put();
      light(threads.meant());
    },
    data() {
      const { rows, fans, layers, standard, beside } = here;
      return [
        table([words.heads, ...rows.map((row, o) => [o, ranges(row), fans[o]])]),
        table([
          words.spent,
          ...layers.map(({ name, weights }) => [name, whole(weights)]),
          [words.plan("standard", beside), whole(standard)],
        ]),
      ];
    },
  };
});
