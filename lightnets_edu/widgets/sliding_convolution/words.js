// What the figure of a sliding convolution says.
const by = (a, b = a) => `${a}\u00a0×\u00a0${b}`;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const at = ([y, x]) => `row ${y}, column ${x}`;
const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const digits = (v, most) => `${Number.isInteger(v) ? v : +v.toPrecision(most)}`.replace("-", "−");
const exact = (v) => digits(v, 7);

export const words = {
  figure: "Sliding convolution",
  exact,
  short: (v) => digits(v, 3),
  layers: "Layer",
  layer: (kind, k) => `${kind} ${by(k)}`,
  stride: "Stride",
  padding: "Padding",
  speed: "Speed",
  asks: ["Which edges?", "What is red?", "Nothing added?", "One pixel?"],
  kernels: (deep, n) => (deep ? [many(n, "kernel"), "of 1 filter"] : ["1 kernel", `of ${many(n, "filter")}`]),
  sum: (deep) => (deep ? "no sum" : "sum"),
  parts: "Pictures, weights, maps: Shift and arrows change them",
  picture: (i, name, lower) => (lower ? `Map, ${i ? name : "sum"}` : capital(name)),
  weight: (name, r, c) => `${capital(name)} filter, ${at([r, c])}`,
  spent: (n, size) => `Multiply-adds so far, ${many(n, "map")} of ${by(...size)}`,
  here: (place, said) => `${capital(at(place))}: ${said}.`,
  rest: {
    standard: (k, n) => `one sum of ${k * k * n} products, over space and channels`,
    depthwise: (k, n) => `${many(n, "sum")} of ${k * k} products; channels never meet`,
    pointwise: (k, n) => `one sum of ${many(n, "product")}; neighbours never meet`,
  },
  read: (values, n) => `${values.map(([name, v]) => `${name} ${exact(v)}`).join(", ")}, for ${many(n, "window")}`,
  product: (name, pixel, weight, fixed) =>
    `${name} ${exact(pixel)} · ${exact(weight)} = ${exact(pixel * weight)}${fixed ? "" : "; click for another weight"}`,
  gives: (name, n, total) => `${many(n, "product")} of ${name} add up to ${exact(total)}`,
  adds: (terms, total) => `${terms.map(exact).join(" + ").replaceAll("+ −", "− ")} = ${exact(total)}`,
  measured: (given, total) =>
    ` Measured, not the formula: the module gives ${exact(given)}, its weights ${exact(total)}.`,
  heads: (place) => [at(place), "pixel · weight"],
  bias: "bias",
  row: (i, name, y) => `${i ? name : "sum"}, row ${y}`,
};
