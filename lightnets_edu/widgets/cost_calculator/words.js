// What the figure of one layer's costs says.
const square = (k) => `${k}×${k}`;
const grouped = (g, c) => (g === 1 ? ": standard" : g === c ? ": depthwise" : "");

export const words = {
  figure: "Cost calculator",
  c_in: "Channels c_in",
  c_out: "Channels c_out",
  kernel: "Kernel",
  map: "Map",
  groups: "Groups g",
  alpha: "Width α",
  rho: "Resolution ρ",
  square,
  same: "same",
  less: (times) => `÷ ${times}`,
  more: (times) => `× ${times}`,
  measures: { params: "Parameters", macs: "Multiply-adds", access: "Memory access" },
  intensity: "Arithmetic intensity",
  standard: ["Standard", (k) => `, ${square(k)}`],
  grouped: ["Grouped", (g, c) => `, g = ${g}${grouped(g, c)}`],
  separable: "Depthwise separable",
  own: "Your module, measured",
  depthwise: (k) => `depthwise ${square(k)}`,
  pointwise: "pointwise 1×1",
  axis: ["← less than standard", "more →"],
  axisShrunk: "← less than at α = ρ = 1",
  against: (shrunk) => `Depthwise separable against the standard convolution${shrunk ? " at α = 1, ρ = 1" : ""}: `,
  macs: "multiply-adds",
  access: "elements moved",
  asMany: (what, many) => `as many ${what} (${many})`,
  compared: (factor, fewer, what, many, base) =>
    `${factor} times ${fewer ? "fewer" : "as many"} ${what} (${many} instead of ${base})`,
  both: (first, second, but) => `${first}, ${but ? "yet" : "and"} ${second}.`,
  saving: (c_out, kernel, share) =>
    "Multiply-adds, separable ÷ standard of these widths: " +
    `1/c_out + 1/K² = 1/${c_out} + 1/${kernel ** 2} = ${share}.`,
  layer: ({ alpha, rho, a, b, h }) => `α = ${alpha}, ρ = ${rho}: ${a} → ${b} channels on ${square(h)} maps.`,
  shrunk: ({ alpha, params, macs, deep, point, access }) =>
    ` Separable against itself at α = 1, ρ = 1 (α² = ${alpha ** 2}): parameters × ${params}; ` +
    `multiply-adds × ${macs}, depthwise × ${deep}, pointwise × ${point}; memory access × ${access}.`,
  row: ({ c_in, c_out, kernel, groups }) => `${square(kernel)}, ${c_in} → ${c_out}, g = ${groups}`,
  layerHead: "Layer",
};
