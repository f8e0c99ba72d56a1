// What the figure of a convolution's connections says.
const many = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

export const words = {
  figure: "Connections of a convolution",
  layer: "Layer",
  channels: "Channels",
  kernel: "Kernel",
  square: (k) => `${k}×${k}`,
  across: (c_in, c_out) => (c_in === c_out ? c_in : `${c_in} → ${c_out}`),
  stops: {
    standard: () => "standard",
    grouped: (g) => many(g, "group"),
    depthwise: () => "depthwise",
    pointwise: () => "pointwise",
    separable: () => "separable",
    shuffled: (g) => `${many(g, "group")}, shuffle`,
  },
  measured: "as measured",
  space: (stride) => `Space: ${stride > 1 ? `stride ${stride}` : "drag the window"}`,
  threads: "Channels: a thread for each weight",
  numbers: "Channels: a thread for each number read",
  parts: "Channels",
  part: [(i) => `Input ${i}`, (i) => `Between ${i}`, (i) => `Output ${i}`],
  window: "Window",
  position: (row, column) => `row ${row}, column ${column}`,
  first: (shuffled, kernel) => `${shuffled ? "grouped" : "depthwise"} ${kernel}×${kernel}`,
  second: (shuffled) => (shuffled ? "shuffle, grouped 1×1" : "pointwise 1×1"),
  plan: (kind, kernel, groups) =>
    kind === "grouped" ? `${many(groups, "group")}, ${kernel}×${kernel}` : `${kind} ${kernel}×${kernel}`,
  weights: (n) => `${n} weight${n === "1" ? "" : "s"}`,
  inAll: "parameters",
  standard: (weights, kernel) => `${weights} in a standard ${kernel}×${kernel}`,
  standardLike: (weights) => `${weights} in a standard layer`,
  reads: ([first, last], positions, off, n, c_in, fan) =>
    `${first === last ? `Output ${first} reads` : `Outputs ${first}–${last} together read`} ` +
    `${many(positions, "position")}${off > 0 ? ` (${off} lie off the map)` : ""} in ${n} of ${many(c_in, "input")}` +
    `${fan ? `: ${fan === positions * n ? "" : "in all "}${many(fan, "number")}` : ""}.`,
  between: (i, from, to) => `Between the layers, ${i}: from input${/\D/.test(from) ? "s" : ""} ${from}, ${to}.`,
  input: (i, to) => `Input ${i}: ${to}.`,
  goes: (n, all, which) => (n ? `to ${n} of ${many(all, "output")}: ${which}` : "to no output"),
  unread: (unread, all) => `${unread} of ${all} positions are never read (×).`,
  asks: ["Who is cut off?", "Same reach?", "A shuffle mends it?", "Never read?"],
  heads: ["output", "reads channels", "numbers read"],
  spent: ["part", "weights"],
};
