import { choice, controls, dial, html, svg, table, upto, whole, widget } from "../kit/shared.js";
import { words } from "./words.js";

const IMAGE = 3,
  INS = [IMAGE, 8, 16, 24, 32, 64, 72, 96, 128, 256, 512, 1024],
  OUTS = INS.slice(1),
  KERNELS = [1, 3, 5, 7];
const SIZES = [7, 14, 28, 56, 112, 224],
  ALPHAS = [1, 0.75, 0.5, 0.25],
  RHOS = [1, 6 / 7, 5 / 7, 4 / 7],
  FRACTIONS = ["1", "6/7", "5/7", "4/7"];
const KEYS = Object.keys(words.measures);
const { square } = words;

/** A convolution that keeps its maps' size: weights, multiply-adds, elements moved. */
export function layer(c_in, c_out, kernel, size, groups) {
  const params = (kernel * kernel * c_in * c_out) / groups;
  return {
    c_in,
    c_out,
    kernel,
    groups,
    params,
    macs: params * size * size,
    access: (c_in + c_out) * size * size + params,
  };
}

/** Layers of each way. */
export function ways(c_in, c_out, kernel, size, groups) {
  return {
    standard: [layer(c_in, c_out, kernel, size, 1)],
    grouped: [layer(c_in, c_out, kernel, size, groups)],
    separable: [layer(c_in, c_in, kernel, size, c_in), layer(c_in, c_out, 1, size, 1)],
  };
}

/** Layers in a row. */
export function total(layers) {
  const sum = (key) => layers.reduce((before, cost) => before + cost[key], 0);
  return { params: sum("params"), macs: sum("macs"), access: sum("access") };
}

/** The separable way's multiply-adds for one of the standard way. */
export const saving = (c_out, kernel) => 1 / c_out + 1 / kernel ** 2;

/** Multiply-adds for each element moved. */
export const intensity = ({ macs, access }) => macs / access;

/** MobileNet V1's widths: exactly α times as many; an image keeps its channels. */
export const scaled = (c, alpha) => (c === IMAGE ? c : c * alpha);

export const divisors = (a, b) => upto(Math.min(a, b) + 1).filter((g) => a % g === 0 && b % g === 0);

/** 8.41, 128, 13,107; more digits near 1. */
export function decimal(x) {
  return Number.isInteger(x) || x >= 1000 ? whole(Math.round(x)) : x.toFixed(x > 1 && x < 1.001 ? 5 : 2);
}

/** "÷ 8.41", "× 1.50", "same" */
export function times(value, base) {
  if (value === base) return words.same;
  return value < base ? words.less(decimal(base / value)) : words.more(decimal(value / base));
}

/** What the traits say. `line`, where bars start: the standard way at α = 1, ρ = 1. */
function read(model) {
  const [c_in, c_out, kernel, size, groups, alpha, rho, own] = [
    "c_in",
    "c_out",
    "kernel",
    "size",
    "groups",
    "alpha",
    "rho",
    "measured",
  ].map((name) => model.get(name));
  const a = scaled(c_in, alpha),
    b = scaled(c_out, alpha),
    h = Math.round(size * rho);
  const full = ways(c_in, c_out, kernel, size, 1),
    now = ways(a, b, kernel, h, groups);
  const row = (key, name, detail, layers, sum = total(layers)) => ({ key, name, detail, layers, sum });
  const rows = [
    row("standard", words.standard[0], words.standard[1](kernel), now.standard),
    row("grouped", words.grouped[0], words.grouped[1](groups, a), now.grouped),
    row("separable", words.separable, "", now.separable),
  ];
  if (own.says) rows.push(row("own", words.own, "", [], own));
  return { c_in, c_out, kernel, size, groups, alpha, rho, own, a, b, h, full, now, rows, line: total(full.standard) };
}

/** Log bars: less goes left, more goes right. On narrow pages words stand above them. */
function picture(stage, { rows, line, kernel, alpha, rho }, width) {
  const octave = (key, cost) => Math.log2(cost[key] / line[key]),
    bands = [],
    parts = [],
    wide = width >= 520;
  const all = rows
    .flatMap(({ layers, sum }) => [...layers, sum])
    .flatMap((cost) => KEYS.map((key) => octave(key, cost)));
  const less = Math.max(2, Math.ceil(-Math.min(...all))),
    more = Math.max(2, Math.ceil(Math.max(...all)));
  const right = width - (wide ? 80 : 2),
    span = right - (wide ? 246 : 2);
  const unit = Math.min((span - 70) / less, wide ? span / (less + more) : 70 / more),
    zero = right - Math.max(70, more * unit);
  const word = (x, y, text, name = "") => parts.push(svg("text", { x, y, text, class: name }));
  const shade = (x, y, w, height) => bands.push(svg("rect", { x, y, width: w, height, class: "ln-cc-above ln-quiet" }));
  let y = 42;

  function line_of(label, x, number, ratio, name) {
    word(x, y + 13, label, name);
    word(wide ? 228 : zero - 5, y + 13, number, `${name} ln-cc-end`);
    word(wide ? width : zero + 5, y + 13, ratio, wide ? `${name} ln-cc-ratio ln-cc-end` : name);
  }
  function bar(key, label, x, cost, high, name, ink) {
    const far = octave(key, cost) * unit,
      end = zero + far,
      tip = Math.sign(far) * Math.min(Math.abs(far), high / 2),
      top = wide ? y + 9 - high / 2 : y + 18;
    if (far > 0 && high > 6) shade(0, y - 1, width, high + (wide ? 8 : 21));
    line_of(label, x, whole(cost[key]), times(cost[key], line[key]), name);
    parts.push(
      Math.abs(far) < 1
        ? svg("circle", { cx: zero, cy: top + high / 2, r: high / 2, class: ink })
        : svg("path", {
            d: `M${zero} ${top}H${end - tip}L${end} ${top + high / 2}L${end - tip} ${top + high}H${zero}z`,
            class: ink,
          }),
    );
    y += high + (wide ? 9 : 22);
  }

  for (const { key, name, detail, layers, sum } of rows) {
    parts.push(svg("text", { x: 0, y: y + 14, class: "ln-cc-way" }, name, svg("tspan", { text: detail })));
    y += 21;
    for (const measure of KEYS) {
      bar(measure, words.measures[measure], 0, sum, 12, "ln-cc-sum", `ln-cc-bar ln-cc-${key}`);
      if (layers.length < 2) continue;
      bar(measure, words.depthwise(kernel), 14, layers[0], 6, "", "ln-cc-bar ln-ink1");
      bar(measure, words.pointwise, 14, layers[1], 6, "", "ln-cc-bar ln-ink0");
      y += 7;
    }
    line_of(words.intensity, 0, decimal(intensity(sum)), times(intensity(sum), intensity(line)), "");
    y += 32;
  }
  const low = y - 12,
    every = [1, 2, 4, 8].find((step) => step * unit >= 24 + 2 * less);
  const ticks = upto(less + more)
    .map((i) => i - less)
    .filter((i) => i % every === 0 && zero + i * unit > 20);
  word(zero - 5, 12, alpha * rho < 1 ? words.axisShrunk : words.axis[0], "ln-cc-sum ln-cc-end");
  word(zero + 5, 12, words.axis[1], "ln-cc-sum");
  for (const i of ticks) word(zero + i * unit, 29, times(2 ** i, 1), "ln-cc-tick");
  stage.setAttribute("viewBox", `0 0 ${width} ${low}`);
  shade(zero, 34, right - zero, low - 34);
  stage.replaceChildren(
    ...bands,
    svg("path", {
      d: ticks.map((i) => `M${zero + i * unit} 34V${wide ? low : 39}`).join(""),
      class: "ln-cc-grid ln-quiet",
    }),
    svg("path", { d: `M${zero} 34V${low}`, class: "ln-cc-line" }),
    ...parts,
  );
}

function sentence({ rows, line, alpha, rho, own }) {
  const { macs, access } = rows[2].sum;
  const compare = (value, base, what) =>
    value === base
      ? words.asMany(what, whole(value))
      : words.compared(
          decimal(Math.max(value, base) / Math.min(value, base)),
          value < base,
          what,
          whole(value),
          whole(base),
        );
  const [compute, traffic] = [compare(macs, line.macs, words.macs), compare(access, line.access, words.access)];
  const said = words.against(alpha * rho < 1) + words.both(compute, traffic, macs < line.macs && access > line.access);
  return own.says ? `${own.says} ${said}` : said;
}

export default widget(words.figure, ({ model, live, set }) => {
  let wanted = model.get("groups");
  const move = (values) => {
    const [c_in, c_out, alpha] = ["c_in", "c_out", "alpha"].map((name) => values[name] ?? model.get(name));
    set({ ...values, groups: divisors(scaled(c_in, alpha), scaled(c_out, alpha)).findLast((g) => g <= wanted) });
  };
  const c_in = dial(words.c_in, (to) => move({ c_in: to })),
    c_out = dial(words.c_out, (to) => move({ c_out: to }));
  const kernel = choice(words.kernel, (to) => set({ kernel: to })),
    size = dial(words.map, (to) => set({ size: to }));
  const groups = choice(words.groups, (to) => set({ groups: (wanted = to) }));
  const alpha = choice(words.alpha, (to) => move({ alpha: to })),
    rho = choice(words.rho, (to) => set({ rho: to }));
  const stage = svg("svg", { class: "ln-cc-stage", "aria-hidden": "true" }),
    formula = html("p"),
    shrunk = html("p");
  return {
    nodes: [
      controls(...[c_in, c_out, kernel, size, groups, alpha, rho].map(({ node }) => node)),
      stage,
      live,
      formula,
      shrunk,
    ],
    draw(width) {
      const here = read(model),
        { a, b, now, full } = here,
        fixed = "says" in here.own;
      const list = (all, name) => (fixed ? [here[name]] : all),
        by = (key, which = [0, 1]) => {
          const [after, before] = [now, full].map(({ separable }) => total(which.map((i) => separable[i]))[key]);
          return (after / before).toFixed(4);
        };
      c_in.put(list(INS, "c_in"), here.c_in);
      c_out.put(list(OUTS, "c_out"), here.c_out);
      size.put(list(SIZES, "size"), here.size, square(here.size));
      kernel.put(list(KERNELS, "kernel"), here.kernel, list(KERNELS, "kernel").map(square), fixed);
      groups.put(divisors(a, b), here.groups);
      alpha.put(ALPHAS, here.alpha, ALPHAS, fixed);
      rho.put(RHOS, here.rho, FRACTIONS, fixed);
      picture(stage, here, width);
      live.textContent = sentence(here);
      formula.textContent = words.saving(b, here.kernel, saving(b, here.kernel).toFixed(4));
      const layer = words.layer({ ...here, rho: FRACTIONS[RHOS.indexOf(here.rho)] });
      const [params, macs, access] = KEYS.map((key) => by(key));
      const less = { alpha: here.alpha, params, macs, access, deep: by("macs", [0]), point: by("macs", [1]) };
      shrunk.textContent = layer + (here.alpha * here.rho === 1 ? "" : words.shrunk(less));
    },
    data() {
      const cells = (name, cost) => [name, ...KEYS.map((key) => whole(cost[key])), decimal(intensity(cost))];
      const lines = read(model).rows.flatMap(({ name, layers, sum }) => [
        cells(name, sum),
        ...layers.map((one) => cells(words.row(one), one)),
      ]);
      return [table([[words.layerHead, ...Object.values(words.measures), words.intensity], ...lines])];
    },
  };
});
