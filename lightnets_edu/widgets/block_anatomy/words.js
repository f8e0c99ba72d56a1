// What the figure of blocks says.
export const words = {
  figure: "Block anatomy",
  block: "Block",
  beside: "Beside it",
  none: "none",
  layers: ["Layers of the block", "Layers beside it"],
  input: "the input",
  output: "the output",
  and: " and ",
  differs: ": measured, not the formula",
  papers: ", as in the paper",
  band: (c, from) => `${c} channels after ${from}`,
  flow: (c, size, many, from, to) => `${c} channels, ${size}: ${many} numbers, from ${from} to ${to}.`,
  layer: (what, from, cIn, cOut, size, to, params, ofParams, macs, ofMacs) =>
    `: ${what}. From ${from}, ${cIn} → ${cOut} channels, ${size}, to ${to}. ` +
    `${params} parameters (${ofParams}), ${macs} multiply-adds (${ofMacs}).`,
  heads: ["layer", "what", "channels", "map", "parameters", "multiply-adds"],
  whole: "block",
  counted: "With the parameters of the batch norm behind a layer; multiply-adds for one image.",
};
