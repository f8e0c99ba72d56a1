import { choice, controls, dial, html, svg, table, upto, whole, widget } from "../kit/shared.js";
import { panels } from "./panels.js";
import { words } from "./words.js";

const SIDE = 7,
  AREA = SIDE * SIDE,
  WIDTHS = [2, 4, 6, 8, 12, 16],
  KERNELS = [1, 3, 5];
const KINDS = ["standard", "grouped", "depthwise", "pointwise", "separable", "shuffled"],
  INKS = { standard: 2, grouped: 2, depthwise: 1, pointwise: 0 };
const TRAITS = ["kind", "c_in", "c_out", "kernel", "groups", "stride", "output", "y", "x"];

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const divisors = (a, b) => upto(Math.min(a, b) + 1).filter((g) => a % g === 0 && b % g === 0);

const dealt = (kind) => kind === "grouped" || kind === "shuffled";

/** The groups that count: those chosen, or the kind's own. */
const cut = ({ kind, groups, c_in }) =>
  dealt(kind) ? groups : kind === "depthwise" || kind === "separable" ? c_in : 1;

/** The traits, with those that follow others made to fit; `wanted` are the kernel and the groups last chosen. */
export function fit(t, wanted) {
  const c_out = t.kind === "depthwise" ? t.c_in : t.c_out,
    last = Math.ceil(SIDE / t.stride) - 1;
  return {
    ...t,
    c_out,
    kernel: t.kind === "pointwise" ? 1 : wanted.kernel,
    groups: divisors(t.c_in, c_out).findLast((g) => g <= wanted.groups),
    output: Math.min(t.output, c_out - 1),
    y: Math.min(t.y, last),
    x: Math.min(t.x, last),
  };
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
  const area = (k) => taps(k, stride, y).flatMap((i) => taps(k, stride, x).map((j) => SIDE * i + j)),
    patch = area(kernel),
    k = kind === "pointwise" ? 3 : kernel;
  const steps = [layer(c_in, two ? c_in : c_out, kernel, g, patch, [SIDE, SIDE])];
  if (two) {
    const h = shuffled ? g : 1,
      order = upto(c_in).map((place) => (place % h) * (c_in / h) + Math.floor(place / h));
    steps.push(layer(c_in, c_out, 1, h, [side * y + x], [side, side], order));
    steps[0].name = words.first(shuffled, kernel);
    steps[1].name = words.second(shuffled);
  }
  const rows = two ? steps[1].rows.map((row) => sorted(row.flatMap((mid) => steps[0].rows[mid]))) : steps[0].rows;
  const parts = steps.map((step) => step.weights),
    params = sum(parts);
  return {
    rows,
    patch,
    fans: rows.map((row) => row.length * patch.length),
    steps: two ? steps : [],
    size: [side, side],
    params,
    spent: `${two ? `${parts.map(whole).join(" + ")} = ` : ""}${whole(params)}`,
    standard: [area(k).length, k * k * c_in * c_out],
    beside: words.beside(k),
    unread: upto(AREA).filter((i) => kernel < stride && ((i % SIDE) % stride || Math.floor(i / SIDE) % stride)),
  };
}

const ones = (bits) => upto(AREA).filter((i) => Math.floor(bits / 2 ** i) % 2);

/** The same of a module, looked up in what was measured. */
export function look({ reads, patches, unread, steps, size, params, spent, standard }, output, place) {
  const here = reads.filter((_, k) => k % (size[0] * size[1]) === place),
    [first, second] = steps;
  const step = ({ patches: all, rows, ...rest }, at) => ({ ...rest, rows: rows.map(ones), patch: ones(all[at]) });
  const last = second && step(second, place),
    middle = last?.patch[Math.floor(last.patch.length / 2)] ?? 0,
    patch = ones(patches[here[output][0]]);
  return {
    rows: here.map((read) => ones(read[1])),
    patch,
    fans: here.map((read) => read[2]),
    unread: ones(unread),
    size,
    params,
    spent,
    steps: last ? [step(first, middle), last] : [],
    standard: [patch.length, standard],
    beside: words.besidePatch,
  };
}

/** A fraction in lowest terms: 1/4. */
function share(part, all) {
  const d = divisors(part, all).at(-1) ?? all;
  return `${part / d}${all > d ? `/${all / d}` : ""}`;
}

const count = (rows) => sum(rows.map((row) => row.length));

const traits = (model) => Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));

/** What the traits say; the exact numbers beside those of a standard convolution, and the words over the panels. */
function read(model) {
  const t = traits(model),
    { kind, kernel, c_in, c_out, output } = t,
    own = model.get("measured"),
    fixed = "size" in own;
  const here = fixed ? look(own, output, t.y * own.size[1] + t.x) : connect(t),
    { rows, fans, steps } = here;
  const p = here.patch.length,
    n = rows[output].length,
    all = c_in * c_out,
    fan = fans[output],
    [q, full] = here.standard;
  steps.forEach((step, k) =>
    Object.assign(step, {
      ink: k ? 0 : c_in > 1 && step.rows.every((row) => row.length === 1) ? 1 : 2,
      title: words.step(k + 1, step.name),
      note: words.density(
        step.patch.length,
        step.size[0] * step.size[1],
        share(count(step.rows), step.rows.length * (k ? steps[0].rows.length : c_in)),
      ),
    }),
  );
  return {
    ...t,
    ...here,
    own,
    fixed,
    ink: own.unlike ? 3 : (INKS[kind] ?? 3),
    heads: [words.space(p, AREA), words.channels(n, c_in)],
    numbers: [
      [words.number, fixed ? own.name : words.plan(words.kinds[kind], kernel, dealt(kind) && t.groups), here.beside],
      [words.inSpace, `${p}/${AREA}`, `${q}/${AREA}`],
      [words.inChannels, share(count(rows), all), "1"],
      [words.reads(output), words.fan(fan, p, n), words.fan(q * c_in, q, c_in)],
      [words.joined(steps.length), whole(sum(fans)), whole(q * all)],
      [words.parameters, here.spent, whole(full)],
    ].map((row) => (kind !== "standard" || fixed ? row : row.slice(0, 2))),
  };
}

function sentence({ own, unread, numbers, beside }) {
  return [
    own.unlike,
    ...numbers.slice(3).map(([what, mine, full]) => `${what}: ${mine}${full ? ` (${beside}: ${full})` : ""}.`),
    unread.length > 0 && words.unread(unread.length, AREA),
  ]
    .filter(Boolean)
    .join(" ");
}

export default widget(words.figure, ({ model, live, set }) => {
  const wanted = {},
    parts = [choice, dial, dial, choice, choice, choice].map((make, k) =>
      make(words.controls[k], (value) => {
        if (TRAITS[k] in wanted) wanted[TRAITS[k]] = value;
        set(fit({ ...traits(model), [TRAITS[k]]: value }, wanted));
      }),
    );
  const stage = svg("svg", { class: "ln-cv-panels" }),
    sums = html("div", { class: "ln-cv-numbers" }),
    picture = panels(stage, set);
  return {
    nodes: [controls(...parts.map((part) => part.node)), stage, live, sums],
    draw(width) {
      const here = read(model),
        { kind, c_in, c_out, kernel, groups, stride, fixed, own } = here,
        offered = divisors(c_in, c_out);
      if (kind !== "pointwise") wanted.kernel = kernel;
      if (offered.findLast((g) => g <= wanted.groups) !== groups) wanted.groups = groups;
      picture(here, width);
      [
        [KINDS, kind],
        [WIDTHS, c_in],
        [WIDTHS, c_out, kind === "depthwise"],
        [KERNELS, kernel, kind === "pointwise"],
        [offered, cut(here), !dealt(kind)],
        [[1, 2], stride],
      ].forEach(([list, value, off], k) => {
        const shown = own.unlike && k !== 1 && k !== 2 ? "–" : value,
          still = fixed || off;
        const texts = k ? undefined : (still ? [shown] : list).map((own) => words.kinds[own] ?? own);
        parts[k].put(still ? [shown] : list, shown, texts, still);
      });
      live.textContent = sentence(here);
      sums.replaceChildren(table(here.numbers));
    },
    data() {
      const { rows, fans } = read(model);
      return [table([words.heads, ...rows.map((row, o) => [o, row.join(" "), fans[o]])])];
    },
  };
});
