// Where things stand: a column, and beside it the axes of a guideline; all of one height.
import { upto } from "../kit/shared.js";
import { smooth } from "./layers.js";

const MOST = 4;
const ENDS = [
  [1 / 32, 32],
  [1, 8],
];
const TICKS = [
  ["16:1", "4:1", "1:1", "1:4", "1:16"],
  [1, 2, 3, 4, 8],
];

/** The numbers of a ratio, "1:12". */
export const split = (ratio) => ratio.split(":").map(Number);

/** A ratio or a number of groups as a number. */
export const value = (what) => (typeof what === "string" ? split(what)[1] / split(what)[0] : what);

/** All from the width and the guideline, never from a state. */
export function layout(width, guideline) {
  const slim = width < 460,
    unit = slim ? 50 : width < 800 ? 56 : 64,
    low = 28 + MOST * unit,
    broad = slim ? 44 : width < 800 ? 80 : 110,
    x = 30,
    left = x + broad + 14,
    right = width - 42,
    [from, to] = ENDS[guideline - 1],
    ticks = TICKS[guideline - 1];
  const along = (at) => left + 8 + ((right - left - 16) * Math.log(at / from)) / Math.log(to / from),
    level = (factor) => low - factor * unit;
  return {
    ...{ unit, low, broad, x, left, right, along, level },
    height: low + 54,
    ticks: ticks.map((tick) => [along(value(tick)), low + 16, tick, "mid"]),
    levels: upto(MOST + 1).map((i) => [x - 5, level(i) + 4, i ? `× ${i}` : "0", "end"]),
    grid:
      upto(MOST + 1)
        .map((i) => `M${x - 3} ${level(i)}h3M${left} ${level(i)}H${right}`)
        .join("") + ticks.map((tick) => `M${along(value(tick))} ${low}v4`).join(""),
    ground: `M${left} ${level(1)}H${right}V${low}H${left}z`,
    least: `M${along(from)} ${level(1)}H${along(to)}`,
    /** The curve of all layers of this work. */
    curve(size, width) {
      const spots = upto(61).map((i) => {
        const at = from * (to / from) ** (i / 60),
          [ratio, groups] = guideline === 1 ? [at, 1] : [1, at];
        return `${along(at).toFixed(1)} ${level(smooth(size, width, ratio, groups)).toFixed(1)}`;
      });
      return `M${spots.join("L")}`;
    },
  };
}
