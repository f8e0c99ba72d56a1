// Small planes of numbers, each a picture of its own.
import { svg, upto } from "../kit/shared.js";

const minus = (text) => text.replaceAll("-", "−");

/** A whole number as it is, another with four digits that count. */
export const number = (v) => minus(`${Number.isInteger(v) ? v : +v.toPrecision(4)}`);

/** How cells write numbers: with so many decimals; below none, with an exponent. */
export const writer = (digits) => (v) =>
  minus(digits < 0 ? v.toExponential(0).replace("+", "") : (+v.toFixed(digits) || 0).toFixed(digits));

/** A picture of rows × columns of numbers under a title, in cells of w × h; around them a ring of p zeros, on them a
    window of k × k; below, where there is no title yet, a sum. */
export function plane(title, rows, columns, w, h, p = 0, k = 0) {
  const across = columns + 2 * p,
    high = rows + 2 * p,
    cells = [];
  let grid = "",
    zeros = "";
  for (const i of upto(high * across)) {
    const c = i % across,
      r = (i - c) / across,
      x = 1 + c * w,
      y = 20 + r * h,
      [mx, my] = [x + w / 2, y + h / 2];
    if (Math.min(c, r, across - 1 - c, high - 1 - r) < p) {
      zeros += `M${mx - 3} ${my}a3 4 0 1 1 6 0a3 4 0 1 1 -6 0`;
    } else {
      grid += `M${x} ${y}h${w}v${h}h${-w}z`;
      cells.push(svg("text", { x: mx, y: my + 4.3 }));
    }
  }
  const path = (name, d) => svg("path", { class: `ln-sl-${name}`, d }),
    label = (y, name, text) => svg("text", { y, text, class: `ln-sl-${name}` });
  const width = Math.max(across * w, 56) + 2,
    height = high * h + 40,
    name = label(14, "name", title),
    sum = label(height - 4, "sum");
  const window = svg("rect", { x: 1, y: 20, width: k * w, height: k * h, rx: 3, class: "ln-sl-window" });
  const ring = p
      ? [path("ring ln-quiet", `M1 20h${across * w}v${high * h}h${-across * w}z`), path("zeros", zeros)]
      : [],
    shapes = k ? [window, ...ring] : ring;
  const node = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, style: `width: ${width}px` },
    path("grid ln-quiet", grid),
    ...shapes,
    name,
    ...cells,
    title ? "" : sum,
  );
  return Object.assign(node, {
    name,
    sum,
    tall: height,
    write(text, on) {
      cells.forEach((cell, i) => {
        cell.textContent = text(i);
        cell.classList.toggle("ln-on", !!on(Math.floor(i / columns), i % columns, i));
      });
    },
    slide(r, c, shown) {
      window.style.transform = `translate(${c * w}px, ${r * h}px)`;
      node.classList.toggle("ln-sl-off", !shown);
    },
  });
}
