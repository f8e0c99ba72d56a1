// Where everything stands, and the shapes.
import { mend, svg, upto } from "../kit/shared.js";
import { degrees } from "./journey.js";

// Of the frames, in the plane's units.
const REACH = 1.1;

/** Where things stand at a width, whatever the state. `u` pixels are one unit in both large pictures of the spiral. */
export function layout(width) {
  const wide = width >= 900,
    u = Math.floor(Math.min(wide ? 124 : 98, (width - 58) / 4.2)),
    [input, output] = [2 * u + 34, 2.2 * u + 14],
    both = input + 10 + output,
    left = wide ? 0 : (width - both) / 2,
    foot = input + 42;
  const [x, y, long] = wide ? [both + 36, 20, width - both - 36] : [0, foot + 2, width],
    cell = (long - 20) / 5,
    thumb = Math.min(cell - 8, 68),
    tally = [x + 6, y + thumb + 58, long - 12, wide ? 172 : 36];
  return {
    width,
    u,
    rim: u + 4,
    left,
    foot,
    tally,
    thumb,
    cell,
    x,
    y,
    right: left + both - output,
    inner: [left + input / 2, 20 + input / 2],
    outer: [left + both - output / 2, 20 + input / 2],
    height: Math.max(foot, tally[1] + tally[3]),
  };
}

const tenth = (v) => Math.round(10 * v) / 10;
/** Places of points of the plane; what lies outside the frame is drawn on its edge. */
export const places = (list, middle, u) =>
  list.map((spot) =>
    spot.map((v, axis) => tenth(middle[axis] + (axis ? -u : u) * Math.max(-REACH, Math.min(v, REACH)))),
  );
export const line = (spots) => `M${spots.join("L")}`;
/** Sets attributes of a node that are not so yet, and its text. */
export function put(node, attributes) {
  for (const name in attributes) mend(node, name, attributes[name]);
}

/** The mark of a fate. */
export const mark = (fate, r) =>
  fate > 0
    ? `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`
    : `M${-r} ${-r}L${r} ${r}M${-r} ${r}L${r} ${-r}`;

/** A spiral: a line and its marks, which keep their nodes; size grows along it, shapes tell fates. Its marks stand in
    groups, each of a hue: so that is mixed once, and not again whenever one moves. */
export function spiral(hues) {
  const path = svg("path", { class: "ln-rm-line ln-quiet ln-glide" }),
    marks = hues.map(() => svg("path"));
  hues.forEach((hue, i) => hue.append(marks[i]));
  return {
    path,
    put(spots, fates, u) {
      mend(path, "d", line(spots));
      marks.forEach((node, i) => {
        const now = `${u} ${fates[i]} ${spots[i]}`;
        if (node.ln === now) return; // most marks stay where they are while a line is turned
        node.ln = now;
        put(node, {
          class: `ln-rm-mark ln-glide ln-rm-fate${fates[i]}`,
          d: mark(fates[i], tenth(((1.5 + (2.5 * i) / marks.length) * (u + 50)) / 170)),
          transform: `translate(${spots[i]})`,
        });
      });
    },
  };
}

function polar(middle, r, angle) {
  const a = (angle * Math.PI) / 180;
  return places([[Math.cos(a), Math.sin(a)]], middle, r)[0];
}
/** A sector of a disc, from and to in degrees, counter-clockwise. */
export function sector(from, to, middle, r) {
  const [a, b, c] = [from, (from + to) / 2, to].map((angle) => polar(middle, r, angle));
  return `M${middle}L${a}A${r} ${r} 0 0 0 ${b}A${r} ${r} 0 0 0 ${c}z`;
}

/** The line on which a row's coordinate is zero, with a tick to its living side: where it ends, and its angle. */
export function hyperplane([a, b], middle, r) {
  const angle = degrees([b, -a]),
    end = polar(middle, r, angle);
  return {
    angle: Math.round(angle) % 360,
    end,
    d: `M${polar(middle, r, angle + 180)}L${end}L${polar(end, 14, angle + 90)}`,
  };
}
