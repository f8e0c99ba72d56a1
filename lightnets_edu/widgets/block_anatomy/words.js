// What the figure of blocks says.
export const words = {
  figure: "Block anatomy",
  block: "Block",
  beside: "Beside it",
  layers: ["Layers of the block", "Layers beside it"],
  input: "the input",
  papers: "As in the paper",
  band: "band",
  flow: (c, size, many, from) => `After ${from}: ${c} channels, ${size}, ${many} numbers.`,
  layer: (what, cIn, cOut, size, params, ofParams, macs, ofMacs) =>
    `: ${what}. ${cIn} → ${cOut} channels, ${size}. ` +
    `${params} parameters (${ofParams}), ${macs} multiply-adds (${ofMacs}).`,
  below: " Below a box: multiply-adds.",
  heads: ["layer", "what", "channels", "map", "parameters", "multiply-adds"],
  whole: "block",
};
