// What the figure of a convolution's connections says.
const many = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

const stop = (kind, g) => (kind === "grouped" ? many(g, "group") : kind === "shuffled" ? `${g} shuffled` : kind);

export const words = {
  figure: "Connections of a convolution",
  layer: "Layer",
  channels: "Channels",
  kernel: "Kernel",
  square: (k) => `${k}×${k}`,
  stop,
  measured: "as measured",
  space: (stride) => `Stride ${stride}: drag the window`,
  threads: "Channels: one thread a weight",
  part: [(i) => `Input ${i}`, (i) => `Between ${i}`, (i) => `Output ${i}`],
  window: "Window",
  position: (t) => `row ${t.y}, column ${t.x}`,
  plan: (kind, kernel, g) => `${stop(kind, g)} ${kernel}×${kernel}`,
  weights: (n) => `${n} weight${n === "1" ? "" : "s"}`,
  standard: (ratio) => `standard (× ${ratio.toFixed(1)})`,
  reads: (first, last, positions, off, n, c_in, fan) =>
    `${first === last ? `Output ${first} reads` : `Outputs ${first}–${last} read`} ` +
    `${many(positions, "position")}${off ? ` (${off} lie off the map)` : ""} in ${n} of ${many(c_in, "input")}` +
    `${fan ? `: ${many(fan, "number")}` : ""}.`,
  goes: (i, from, c_in, to, c_out) =>
    `${from ? `Between, ${i}: from ${from} of ${many(c_in, "input")},` : `Input ${i} goes`} ` +
    `to ${to} of ${many(c_out, "output")}.`,
  unread: (unread, all) => `${unread} of ${all} positions are never read (dots).`,
  asks: ["Who is cut off?", "Same reach?", "A shuffle mends it?", "Never read?"],
  heads: ["output", "reads channels", "numbers read"],
};
