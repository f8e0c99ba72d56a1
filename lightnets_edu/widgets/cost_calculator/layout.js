// Where things stand: squares against the standard layer's at the left, the roofline beside or below them.
import { spread } from "./costs.js";
import { words } from "./words.js";

// The axes' ends: multiply-adds for each element moved, and share of the machine's full speed.
const LEAST = 0.3;
const MOST = 2e4;
const SLOW = 1.5e-3;
// Pixels for the heads of the columns, and for the title and the numbers of a row.
const HEAD = 34;
const TEXT = 52;

/** All from the width and from what does not change: the rows drawn, and what was measured. */
export function layout(width, { rows, one, measured }) {
  // No way costs more than three standard layers; a module may.
  const most = Math.sqrt(Math.max(3, measured.macs / one.macs + measured.access / one.access || 3)),
    tall = rows.map(({ key }) => (key === "grouped" ? 1 : most)),
    upto = (r) => tall.slice(0, r + 1).reduce((all, high) => all + high);
  const beside = width >= 480,
    room = (width >= 900 ? 365 : 290) - HEAD - TEXT * rows.length;
  const unit = beside ? Math.min(room / upto(rows.length), (width - 100) / 5.2 / most) : 64 / most,
    wide = beside ? Math.max(most * unit + 16, 98) : (width + 10) / 3;
  const floor = (r) => HEAD + TEXT * r + 18 + unit * upto(r),
    squares = floor(rows.length - 1) + 32;
  const top = beside ? 0 : squares + 6,
    low = beside ? squares - 34 : top + 84,
    roof = top + 32;
  const left = beside ? 3 * wide + 40 : 38,
    right = width - 18;
  const at = (each) => left + ((right - left) * Math.log(each / LEAST)) / Math.log(MOST / LEAST),
    level = (share) => roof + ((low - roof) * Math.log(share)) / Math.log(SLOW),
    spot = ({ macs, access, time }) => [at(macs / access), level(macs / time)];
  const marks = (bills) =>
    spread(
      bills.map((bill) => spot(bill)[0]),
      20,
      left + 9,
      right - 9,
    );
  const ring = ([x, y]) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z`,
    ticks = ["1", "10", "100", "1 k", "10 k"];
  return {
    height: low + 34,
    unit,
    wide,
    floor,
    at,
    marks,
    rail: top + 11,
    side: (value, base) => unit * Math.sqrt(value / base),
    title: (r) => floor(r) - unit * tall[r] - 6,
    rings: (bills) => bills.map((bill) => ring(spot(bill))).join(""),
    stems: (bills) =>
      marks(bills)
        .map((x, i) => `M${x} ${top + 20}L${spot(bills[i]).join(" ")}${ring(spot(bills[i]))}`)
        .join(""),
    roof: (balance) => `M${left} ${level(LEAST / balance)}L${at(balance)} ${roof}H${right}`,
    grid: `M${left} ${roof}V${low}H${right}${ticks.map((_, i) => `M${at(10 ** i)} ${low}v4`).join("")}`,
    texts: (balance) => [
      ...ticks.map((text, i) => [at(10 ** i), low + 16, text, "ln-cc-mid"]),
      ...words.peak.map((text, i) => [left - 5, level(10 ** -i) + 4, text, "ln-cc-end"]),
      [width, low + 30, words.intensity, "ln-cc-end"],
      [at(balance) - 9, low - 6, at(balance) > left + 54 ? words.bound(false) : "", "ln-cc-end"],
      [at(balance) + 9, low - 6, words.bound(true)],
    ],
    knob: (balance) => `M${at(balance)} ${roof}V${low}m-6 0l6 -9l6 9z`,
    grasp: (balance) => `M${at(balance) - 12} ${roof}h24V${low + 6}h-24z`,
  };
}
