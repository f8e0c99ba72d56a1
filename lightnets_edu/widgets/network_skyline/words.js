// What the figure of a network's costs says.
const units = { params: "parameters", macs: "multiply-adds", access: "elements moved" };

export const words = {
  figure: "Network skyline",
  network: "Network",
  against: "Against",
  none: "none",
  count: "Count",
  sorted: "Sort",
  sketch: "Sketch first",
  reveal: "Reveal",
  // With what they show; the middle of the drawn order is 500.
  asks: [
    ["How few hold half?", { metric: "params", order: "largest first", brush: [0, 100], sketching: false }],
    ["Half the layers, half the work?", { metric: "macs", order: "execution", brush: [0, 500], sketching: false }],
  ],
  kinds: ["point", "depth", "full", "group", "linear", "norm", "other"],
  measures: ["weights alone", "parameters", "multiply-adds", "memory access"],
  map: "map",
  share: "share",
  ends: ["largest", "smallest"],
  parts: "Layers and blocks",
  tenth: (j) => `Tenth ${j} of the layers`,
  layers: "layers",
  all: "all",
  part: (share, total) => `${share} of ${total}`,
  layer: (i, n, what) => `Layer ${i} of ${n}: ${what}`,
  block: (from, to, n, name) => `Layers ${from} to ${to} of ${n}: ${name}`,
  some: (label, [from, to], n, order, costs) =>
    `${label}, ${to - from} of ${n} layers${order === "execution" ? "" : " by size"}: ${costs}.`,
  costs: (number, metric, share) => `${number} ${units[metric]}, ${share}`,
  sides: (before, behind) => `${before} before, ${behind} behind`,
  measured: "Measured, not the reference.",
  hint: "Point at a bar, or drag across several.",
  draw: (label, metric) => `Where are the ${units[metric]} of ${label}? Drag across the plot; keys: Shift and ↑ or ↓.`,
  level: (name, level) => `${name}: ${level} of 10.`,
  score: (share, metric) => `${share} of your sketch lies where the ${units[metric]} are.`,
};
