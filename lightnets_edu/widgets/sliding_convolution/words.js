// What the figure of a sliding convolution says.
const by = (a, b = a) => `${a}\u00a0×\u00a0${b}`;
const at = ([y, x]) => `Row ${y}, column ${x}`;
const minus = (v) => `${v}`.replace("-", "−");
const exact = (v) => minus(+v.toPrecision(7));

export const words = {
  figure: "Sliding convolution",
  exact,
  short: (v) => minus(+v.toFixed(2)),
  layers: "Layer",
  layer: (kind, k) => `${kind} ${by(k)}`,
  stride: "Stride",
  padding: "Padding",
  speed: "Speed",
  asks: ["Which edges?", "What is red?", "Nothing added?", "One pixel?"],
  kernels: (deep, n) => (deep ? [`${n} kernels`, "of 1 filter"] : ["1 kernel:", `${n} filters`]),
  sum: (deep) => (deep ? "no sum" : "sum"),
  parts: "Pictures, weights, maps: Shift and arrows change them",
  picture: (name, lower) => (lower ? `Map, ${name}` : `Input, ${name}`),
  weight: (name, ...place) => `Filter, ${name}. ${at(place)}`,
  spent: (n, size) => `Multiply-adds so far for ${n} outputs, ${by(...size)}`,
  here: (place, said) => `${at(place)}: ${said}.`,
  rest: {
    standard: (k, n) => `one sum of ${k * k * n} products, over space and channels`,
    depthwise: (k, n) => `${n} sums of ${k * k} products; channels never meet`,
    pointwise: (k, n) => `one sum of ${n} products; neighbours never meet`,
  },
  read: (values, n) => `${values.map(([name, v]) => `${name} ${exact(v)}`).join(", ")}; windows that read it: ${n}`,
  product: (name, pixel, weight) => `${name} ${exact(pixel)} · ${exact(weight)} = ${exact(pixel * weight)}`,
  gives: (name, total) => `${name} ${exact(total)}`,
  adds: (terms, total) => `${terms.map(exact).join(" + ").replaceAll("+ −", "− ")} = ${exact(total)}`,
  measured: " Measured, not the formula: the weights give others.",
  heads: (place) => [at(place), "pixel · weight"],
  row: (name, y) => `${name}, row ${y}`,
};
