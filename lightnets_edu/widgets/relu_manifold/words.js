// What the figure of the embedded spiral says.
const fates = ["dead", "flattened", "decodable"];

export const words = {
  figure: "ReLU on an embedded spiral",
  decoder: "Decoder",
  decoders: ["best affine", "inverse of T"],
  n: "Dimensions n",
  asks: ["What dies?", "Can 3 lines save all?", "Can 5 lines?", "Why half the size?"],
  input: (hands, broad) => (!hands ? "Input" : broad ? "Turn a line, pull the spiral" : "Turn, pull"),
  through: (name) => `T, then ${name.length > 10 ? "activation" : name}`,
  linear: "T",
  back: "decoder",
  fate: (many, fate) => `${many} ${fates[fate]}`,
  decoded: (error, broad) => `${broad ? "Decoded, error" : "Error"} ${error}`,
  tally: (draws, broad) => `Errors of ${draws} ${draws === 1 ? "draw" : "draws"}${broad ? "; ▾ this picture" : ""}`,
  ends: ["0%", "100% or more"],
  size: (n) => `n = ${n}`,
  line: (k) => `Line ${k + 1}`,
  stands: (degrees) => `${degrees}°`,
  ring: "Point",
  point: (i) => `Point ${i}`,
  told: (measured, i, zero, n, fate, off) =>
    `${measured ? "Measured, not the formula. " : ""}Point ${i}: ${zero == null ? "" : `${zero} of ${n} coordinates zero, `}${fates[fate]}; decoded ${off} from its place.`,
  cut: (k, many, all) => `Line ${k + 1}: coordinate ${k + 1} is zero on its shaded side, for ${many} of ${all} points.`,
  cell: (n, error, alive, all) => `n = ${n}: error ${error}, ${alive} of ${all} points decodable.`,
  share: (many, all) => `${many} of ${all}`,
};
