// What the figure of the embedded spiral says.
const fates = ["dead", "flattened", "decodable"];

export const words = {
  figure: "ReLU on an embedded spiral",
  decoder: "Decoder",
  decoders: ["best affine", "inverse of T"],
  n: "Dimensions n",
  asks: ["What dies?", "Can 3 save all?", "Can 5 lines?", "Why half size?"],
  input: (measured) => (measured ? "Input" : "Grab lines or points"),
  decoded: (error) => `Decoded: ${error} off`,
  counts: ([dead, flattened, decodable]) => `● ${decodable} decodable  ○ ${flattened} flattened  × ${dead} dead`,
  tally: (draws) => `Errors of ${draws} ${draws > 1 ? "draws" : "draw"}; ▾ this picture`,
  ends: ["0%", "100% or more"],
  size: (n) => `n = ${n}`,
  line: (k) => `Line ${k + 1}`,
  stands: (degrees) => `${degrees}°`,
  ring: "Point",
  point: (i) => `Point ${i}`,
  told: (i, zero, fate, off) => `Point ${i}: ${zero}, ${fates[fate]}; decoded ${off} from its place.`,
  zero: (measured, many, n) => (measured ? "measured" : `${many} of ${n} zero`),
  cut: (k, many, all) => `Line ${k} sets coordinate ${k} to zero on its shaded side: ${many} of ${all} points.`,
  cell: (n, error) => `n = ${n}: decoded ${error} off.`,
  share: (many, all) => `${many} of ${all}`,
};
