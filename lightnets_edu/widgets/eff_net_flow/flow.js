// Which pixels of a chain of maps lead to one, and to which it leads: along rows and along columns alike.
import { upto } from "../kit/shared.js";

const AXES = ["rows", "columns"];
const sorted = (set) => [...set].sort((a, b) => a - b);

/** The indices of each map up to map `last` that lead to those of map `at`, or to which they lead. */
export function kin(maps, axis, at, own, last) {
  const name = AXES[axis],
    found = [];
  found[at] = own;
  for (let i = at; i; i--) found[i - 1] = sorted(new Set(found[i].flatMap((index) => maps[i][name][index])));
  for (let i = at + 1; i <= last; i++)
    found[i] = upto(maps[i].size[axis]).filter((index) =>
      maps[i][name][index].some((one) => found[i - 1].includes(one)),
    );
  return found;
}

/** For each map the rows and columns that lead to a pixel, `[map, row, column]`, or to which it leads. */
export function follow(maps, [at, ...spot], last) {
  const [rows, columns] = spot.map((index, axis) => kin(maps, axis, at, [index], last));
  return rows.map((own, i) => [own, columns[i]]);
}

/** For each map up to map `last` the pixels that it does not read, `[row, column]`. */
export function unread(maps, last) {
  const [rows, columns] = [0, 1].map((axis) => kin(maps, axis, last, upto(maps[last].size[axis]), last));
  return rows.map((own, i) => {
    const [height, width] = maps[i].size;
    return upto(height * width)
      .map((place) => [Math.floor(place / width), place % width])
      .filter(([row, column]) => !own.includes(row) || !columns[i].includes(column));
  });
}

/** Rising numbers in words: "0–3, 8". */
export function ranges(numbers) {
  const ends = numbers.filter((i) => !numbers.includes(i + 1));
  return numbers
    .filter((i) => !numbers.includes(i - 1))
    .map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i))
    .join(", ");
}

/** The place in a list of the number that is nearest to another. */
export const nearest = (numbers, target) =>
  numbers.reduce((best, number, i) => (Math.abs(number - target) < Math.abs(numbers[best] - target) ? i : best), 0);
