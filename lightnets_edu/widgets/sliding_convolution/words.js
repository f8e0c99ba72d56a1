// What the figure of a sliding convolution says.
const by = (a, b = a) => `${a}\u00a0×\u00a0${b}`;
const at = (y, x) => `row ${y}, column ${x}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);

const whole = (n) => n.toLocaleString("en-GB");
const minus = (text) => text.replaceAll("-", "−");
const digits = (v, many) => minus(`${Number.isInteger(v) ? v : +v.toPrecision(many)}`);
const exact = (v) => digits(v, 7);
const product = (a, b) => +(a * b).toPrecision(12);

export const words = {
  figure: "Sliding convolution",
  exact,
  rounded: (v) => digits(v, 3),
  short: (v) => minus(Number.isInteger(v) ? `${v}` : (+v.toFixed(1) || 0).toFixed(1).replace("0.", ".")),
  layer: "Layer",
  layers: (kind, k) => `${kind} ${by(k)}`,
  output: "Kernel",
  stride: "Stride",
  padding: "Padding",
  speed: "Speed",
  times: (speed) => `${speed}×`,
  asks: ["Which edges?", "What is red?", "Nothing added?", "One pixel?"],
  photo: "photo",
  channel: (i, fixed) => (fixed ? `input ${i}` : ["red", "green", "blue"][i]),
  kernels: (kind, c) =>
    kind === "depthwise" ? [`${c} kernels`, "of 1 filter"] : ["1 kernel", `of ${c} filter${c > 1 ? "s" : ""}`],
  sum: (kind) => (kind === "depthwise" ? "no sum" : "sum"),
  alone: (name) => `${name} alone`,
  parts: "Channels, weights, maps and multiply-adds",
  plane: (name) => capital(`${name} channel`),
  weight: (name, r, c) => capital(`${name} filter, ${at(r, c)}`),
  map: (name) => capital(`${name} alone, map`),
  whole: "Sum, map",
  bar: (kind, k) => capital(`${kind} ${by(k)}`),
  window: "Window",
  near: (y, x) => `nearest to ${at(y, x)}`,
  spent: (maps, rows, columns) => `Multiply-adds so far, ${maps} map${maps > 1 ? "s" : ""} of ${by(rows, columns)}`,
  rest: {
    standard: (y, x, k, c) => `${capital(at(y, x))}: one sum of ${k * k * c} products, over space and channels.`,
    depthwise: (y, x, k, c) => `${capital(at(y, x))}: ${c} sums of ${k * k} products. Channels never meet.`,
    pointwise: (y, x, k, c) => `${capital(at(y, x))}: one sum of ${c} products. Neighbours never meet.`,
  },
  read: (names, pixel, values, many) =>
    `${capital(at(...pixel))}: ${names.map((name, i) => `${name} ${exact(values[i])}`).join(", ")}. ${many} window${many === 1 ? " reads" : "s read"} it.`,
  product: (name, r, c, pixel, weight, fixed) =>
    `${capital(name)} filter, ${at(r, c)}: ${exact(pixel)} · ${exact(weight)} = ${exact(product(pixel, weight))}.${fixed ? "" : " Click: another weight."}`,
  gives: (name, y, x, many, total, bias) =>
    `${capital(name)} alone, ${at(y, x)}: ${many} product${many > 1 ? "s" : ""}${bias ? ` and a bias of ${exact(bias)}` : ""} add up to ${exact(total)}.`,
  adds: (y, x, terms, total) =>
    `${capital(at(y, x))}: ${terms.map(exact).join(" + ").replaceAll("+ −", "− ")} = ${exact(total)}.`,
  measured: (given, total) =>
    ` Measured, not the formula: the module gives ${exact(given)}, its weights ${exact(total)}.`,
  costs: ({ kernels, each }, places) =>
    `${kernels} kernel${kernels > 1 ? "s" : ""} of ${each / kernels} weights: ${each} multiply-adds a place, ${whole(each * places)} in all.`,
  side: (sides) => `Places along a side: ${sides.join(", ")}.`,
  formula: (n, p, k, s, found) => `⌊(${n} + 2·${p} − ${k}) / ${s}⌋ + 1 = ${found}`,
  here: at,
  pairs: "pixel · weight",
  total: "sum",
  bias: "bias",
  cost: (maps) => [`for ${maps} map${maps > 1 ? "s" : ""}`, "weights", "multiply-adds"],
  separable: (k) => `depthwise ${by(k)} + pointwise`,
  maps: ["map", "numbers"],
  row: (name, y) => `${name}, row ${y}`,
};
