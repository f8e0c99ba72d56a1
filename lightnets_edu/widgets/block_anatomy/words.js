// What the figure of a block says.
export const words = {
  figure: "Block anatomy",
  block: "Block",
  none: "none",
  layers: "Layer",
  input: "input",
  output: "output",
  kinds: ["pointwise", "depthwise", "standard", "grouped", "linear", "other"],
  atInput: "at the input",
  after: (name) => `after ${name}`,
  parameters: (n) => `Parameters ${n}`,
  macs: (n) => `Multiply-adds ${n}`,
  total: (differs, params, macs) =>
    `${differs ? "Measured, not the formula: " : ""}${params} parameters and ${macs} multiply-adds, of these `,
  widest: (where, c) => `. Widest ${where}: ${c} channels.`,
  picked: (what, cIn, cOut, size) => `: ${what}. ${cIn} → ${cOut} channels, ${size}. `,
  costs: (params, macs, ofParams, ofMacs) =>
    `${params} parameters, ${macs} multiply-adds: ${ofParams} and ${ofMacs} of the block.`,
  ruler: (n) => `${n} channels; each block has a scale of its own`,
  heads: ["layer", "what", "channels", "map", "parameters", "multiply-adds"],
  whole: "block",
};
