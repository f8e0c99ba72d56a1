// Compound scaling, reckoned: the factors of a budget, and what the network costs that they make of B0. Python replays it.

const PIXELS = 224;
const CLASSES = 1000;
const MOST = 2.1; // αβ²γ² on offer
const ALONE = { depth: [2, 1, 1], width: [1, Math.SQRT2, 1], resolution: [1, 1, Math.SQRT2] };

/** αβ²γ², by which one step of φ multiplies the work. */
export const product = (alpha, beta, gamma) => alpha * beta * beta * gamma * gamma;
export const fits = (alpha, beta, gamma) => product(alpha, beta, gamma) <= MOST + 1e-9;

/** The three constants of a mode: the reader's, or those that spend the work on one of the three. */
export const constants = (mode, alpha, beta, gamma) => ALONE[mode] ?? [alpha, beta, gamma];

/** B0 after φ steps. */
export function scaled(mode, phi, ...greek) {
  const [depth, width, sides] = constants(mode, ...greek).map((base) => base ** phi);
  return { depth, width, pixels: Math.floor(PIXELS * sides + 0.5) };
}

/** The nearest multiple of 8 that is at least 90 % of a number of channels. */
export function round(channels) {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return near < 0.9 * channels ? near + 8 : near;
}

/** Parameters and multiply-adds of one MBConv. */
function block(c_in, c_out, expansion, kernel, stride, size) {
  const [mid, squeeze] = [c_in * expansion, Math.max(1, Math.floor(c_in / 4))],
    maps = Math.ceil(size / stride) ** 2,
    weights = mid * (kernel * kernel + c_out),
    both = 2 * mid * squeeze,
    wider = expansion > 1 ? c_in * mid : 0;
  const norms = 2 * (mid + c_out + (wider && mid));
  return [weights + both + mid + squeeze + wider + norms, weights * maps + both + wider * size * size];
}

/** What each stage of the scaled network costs, stem and head too: the sum is the network's. */
export function rows({ stem, stages, head }, { depth, width, pixels }) {
  let size = Math.ceil(pixels / 2),
    c_in = round(stem * width);
  const found = [{ layers: 1, channels: c_in, size, params: 29 * c_in, macs: 27 * c_in * size * size }];
  for (const [expansion, kernel, stride, channels, many] of stages) {
    const c_out = round(channels * width),
      layers = Math.ceil(many * depth),
      first = block(c_in, c_out, expansion, kernel, stride, size);
    size = Math.ceil(size / stride);
    const other = block(c_out, c_out, expansion, kernel, 1, size),
      [params, macs] = first.map((cost, i) => cost + (layers - 1) * other[i]);
    found.push({ layers, channels: c_out, size, params, macs });
    c_in = c_out;
  }
  const channels = round(head * width),
    weights = c_in * channels,
    scores = channels * CLASSES;
  const [params, macs] = [weights + 2 * channels + scores + CLASSES, weights * size * size + scores];
  return [...found, { layers: 1, channels, size, params, macs }];
}

/** The sum over rows of what they have under a name. */
export const total = (rows, name) => rows.reduce((sum, row) => sum + row[name], 0);

/** How many steps of φ make a factor, or null where a step changes nothing. */
export const steps = (factor, base) => (base > 1 ? Math.log(factor) / Math.log(base) : null);

/** Which of some numbers is nearest to a target; the first of two. */
export function nearest(numbers, target) {
  const far = numbers.map((number) => Math.abs(number - target));
  return far.indexOf(Math.min(...far));
}

/** Three digits: 386 M, 1.54 G. */
export function short(x) {
  const more = x >= 9.995e8;
  return `${+(x / (more ? 1e9 : 1e6)).toPrecision(3)} ${more ? "G" : "M"}`;
}

/** × 1.73 */
export const times = (factor) => `× ${+factor.toPrecision(3)}`;
