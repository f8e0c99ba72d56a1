// What the figure of a network's costs says.
const units = { params: "parameters", macs: "multiply-adds", access: "elements moved" };
const verbs = { params: "holds", macs: "takes", access: "moves" };
const nouns = { params: "parameters", macs: "multiply-adds", access: "elements" };
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

export const words = {
  figure: "Network skyline",
  network: "Network",
  against: "Against",
  none: "none",
  count: "Count",
  largest: "Largest first",
  same: "Same scale",
  layer: "Layer",
  kinds: ["pointwise", "depthwise", "standard", "grouped", "linear", "norm", "other"],
  units,
  measures: { params: "parameters", macs: "multiply-adds", access: "memory access" },
  picture: (network, metric) => `${network}: ${units[metric]} of its layers`,
  ofEach: (metric) => `${units[metric]} ${metric === "access" ? "by" : "of"} each layer`,
  soFar: (other) => `total so far; dashed: ${units[other]}`,
  tooSmall: "Untick “Same scale” to see it.",
  ends: { execution: ["first layer", "last layer"], "largest first": ["largest", "smallest"] },
  layers: "layers",
  all: "all",
  layerHead: "layer",
  groups: (n) => `${n} groups`,
  stride: (step) => `stride ${step}`,
  channels: (c_in, c_out, linear) => `${c_in} → ${c_out} ${linear ? "features" : "channels"}`,
  output: (size) => `output ${size}`,
  neverRun: "never run",
  half: (half, order) =>
    `; half of them in the ${order === "execution" ? "first" : "largest"} ${half === 1 ? "one" : half}`,
  summary: (input, total, metric, n, half) => `at ${input}: ${total} ${units[metric]} in ${many(n, "layer")}${half}.`,
  equal: (one, two, metric) => `${one} and ${two}: equally many ${units[metric]}.`,
  nothing: (one, metric) => `${one} ${verbs[metric]} no ${nouns[metric]}.`,
  times: (more, less, factor, metric) =>
    `${more} ${verbs[metric]} ${factor} times as many ${nouns[metric]} as ${less}.`,
  measured: "Measured, not the reference.",
  picked: (i, n, layer) => `Layer ${i} of ${n}, ${layer}.`,
  spends: (metric, number, share, place, equals) =>
    `It ${verbs[metric]} ${number} ${nouns[metric]}: ${share} of all, rank ${place}` +
    `${equals ? `, shared with ${many(equals, "other")}` : ""}.`,
  weights: (network, shares) => `${network}, weights alone, without biases and norms: ${shares}.`,
};
