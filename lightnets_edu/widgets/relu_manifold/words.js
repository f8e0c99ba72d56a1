// What the figure of the embedded spiral says.
const fates = ["dead", "flattened", "decodable"];
const decoders = { "best affine": "best affine", "inverse of T": "inverse of T" };

export const words = {
  figure: "ReLU on an embedded spiral",
  picture: "The spiral before and after",
  seed: "Random T",
  decoder: "Decoder",
  decoders,
  points: "Point",
  fates,
  input: "Input",
  start: "start",
  end: "end",
  through: (name) => `T, then ${name.length > 10 ? "activation" : name}`,
  linear: "T",
  point: (i) => `Point ${i}`,
  zero: (zero, n) => `${zero} of ${n} ${zero === 1 ? "is" : "are"} zero`,
  pointZero: (i, zero, n) => `Point ${i}: ${words.zero(zero, n)}`,
  back: "decoder",
  fate: (many, fate) => `${many} ${fates[fate]}`,
  decoded: (decoder) => `Decoded: ${decoders[decoder]}`,
  errorOf: (decoder, error) => `${decoders[decoder]}: ${error}`,
  thisError: (error) => `Error ${error}`,
  dimensions: "Dimensions n",
  n: (n) => `n = ${n}`,
  nError: (n, error) => `n = ${n}, error ${error}`,
  error: (error) => `error ${error}`,
  own: (i, zero, n, fate) =>
    `Point ${i}: ${zero} of ${n} coordinates ${zero === 1 ? "is" : "are"} zero; ${fates[fate]}.`,
  exact: (n, name, own) => `n = ${n}, no ${name}: the map is linear, and both decoders are exact. ${own}`,
  measured: "Measured, not the formula. ",
  said: ({ n, all, alive, dead, first, second, own }) =>
    `n = ${n}: ${alive} of ${all} points are decodable, ${dead} dead. Error, ${first}; ${second}. ${own}`,
  share: (many, all) => `${many} of ${all}`,
};
