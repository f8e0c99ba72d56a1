// What the figure of the channel shuffle says.
export const words = {
  figure: "Channel shuffle",
  channels: "Channels C",
  groups: "Groups g",
  shuffle: "Shuffle",
  order: "Order",
  orders: { paper: "paper", inverse: "inverse" },
  stage: "Stage",
  stages: ["in order", "reshape", "transpose", "flatten", "layer 2"],
  noStage: "none",
  steps: "The shuffle, step by step",
  input: "Input",
  first: "Layer 1",
  between: (shuffle) => (shuffle ? "Shuffle" : "No shuffle"),
  second: (upright) => (upright ? "Layer 2" : "Layer 2: pick an output"),
  outputs: "Output channel",
  output: (i) => `Output ${i}`,
  reaches: (measured, output, many, c) =>
    `${measured ? "Measured, not the formula: o" : "O"}utput ${output} reaches ${many} of ${c} inputs`,
  apart: (n) => `: n = ${n}.`,
  compared: ({ n, none, paper, inverse, others, most }) =>
    `. No shuffle: ${none} (n = ${n}). Paper's order: ${paper}. ` +
    `Inverse order: ${inverse}${others ? ", but others" : ""}. min(g, n) · n = ${most}.`,
  mixing: ({ c, g, apart }) =>
    `C = ${c} ${c < g * g ? "<" : "≥"} g² = ${g * g}: ${apart ? "no full mixing" : "full mixing"}`,
  noMixing: "No shuffle: groups never mix",
  measured: "The order that the code gives.",
  dense: "g = 1: a dense layer; the shuffle changes nothing.",
  alone: "g = C: each channel alone; the shuffle changes nothing.",
  none: "No shuffle: groups stay apart.",
  explained: [
    ({ g, n }) => `Layer 1 gives ${g} groups of ${n}.`,
    ({ g, rows, columns }) => `Reshape to ${rows} rows of ${columns}${rows === g ? ", one a group" : ""}.`,
    ({ rows, columns }) => `Transpose to ${columns} rows of ${rows}.`,
    ({ from }) => `Flatten, row after row: ${from.join(" ")}.`,
    ({ n }) => `Each group of layer 2 takes ${n} neighbours.`,
  ],
  after: (channels) => `After the shuffle: ${channels.join(" ")}`,
  heads: ["output", "reaches: no shuffle", "paper's order", "inverse order"],
};
