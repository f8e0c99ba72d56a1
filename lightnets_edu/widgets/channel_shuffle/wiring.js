// Who reads whom: what the page computes itself, as PyTorch does.
import { upto } from "../kit/shared.js";

/** The channel at each place after the shuffle: reshaped to g rows, or in the inverse order to n rows. */
export function permutation(c, g, order) {
  const rows = order === "paper" ? g : c / g;
  return upto(c).map((spot) => (spot % rows) * (c / rows) + Math.floor(spot / rows));
}

/** i's group, where c channels are cut into g. */
function mates(c, g, i) {
  const n = c / g,
    first = Math.floor(i / n) * n;
  return upto(n).map((k) => first + k);
}

export const blocks = (c, g) => upto(g).map((k) => mates(c, g, (k * c) / g));
const union = (lists) => [...new Set(lists.flat())].sort((a, b) => a - b);

/** What each channel of the rows 1, 2 and 3 reads of the row above it. Between two layers the shuffled channels are a
    row of their own; of three layers each is a row. A wiring is `from`, the channels as shuffled, and the groups of the
    `first` and the `second` layer; the third is as the second. */
export function links({ from, first, second }, layers) {
  const c = from.length,
    [one, two] = [first, second].map((groups) => upto(c).map((i) => mates(c, groups, i)));
  const dealt = two.map((places) => places.map((spot) => from[spot]));
  return layers > 2 ? [one, dealt, dealt] : [one, from.map((i) => [i]), two];
}

/** What flows down the rows, as sets of bits: a channel has what those have that it reads. */
export const flow = (ways, start) =>
  ways.reduce((rows, way) => [...rows, way.map((own) => own.reduce((bits, i) => bits | rows.at(-1)[i], 0))], [start]);

export const members = (bits) => upto(32 - Math.clz32(bits)).filter((i) => (bits >> i) & 1);

/** The inputs that each output reaches. */
export const reached = (wiring, layers) =>
  flow(
    links(wiring, layers),
    upto(wiring.from.length).map((i) => 1 << i),
  )[3].map(members);

/** A channel's past and future, row by row: what it has read, and what reads it. */
export function kin(ways, row, i) {
  const found = [[], [], [], []];
  found[row] = [i];
  for (let r = row; r > 0; r -= 1) found[r - 1] = union(found[r].map((k) => ways[r - 1][k]));
  for (let r = row; r < 3; r += 1)
    found[r + 1] = upto(ways[r].length).filter((k) => ways[r][k].some((source) => found[r].includes(source)));
  return found;
}

/** How many channels stand elsewhere than before. */
export const moved = (from) => from.filter((channel, spot) => channel !== spot).length;
