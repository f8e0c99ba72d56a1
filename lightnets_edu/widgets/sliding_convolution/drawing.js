// The drawing: a picture's channels with a window, their filters, the maps, what they cost.
import { drag } from "../kit/drag.js";
import { part, parts } from "../kit/parts.js";
import { svg, upto, whole } from "../kit/shared.js";
import { words } from "./words.js";

// a weight's cell, in pixels
const HIGH = 26;
const BAR = 18;
// room beside the bars
const NAMES = 112;
const LABEL = 16;

/** Where everything stands on a page of so many pixels, for so many columns and pictures of `side` pixels: the picture,
    its channels and their filters; below, or to the right, `lower` 1, the maps and what they cost. */
function layout(width, columns, side) {
  const wide = width >= 860,
    room = wide ? (width - 40) / 2 : width,
    column = room / columns,
    square = Math.min(wide ? 150 : 120, column),
    cell = Math.min(40, Math.floor(square / 3.5));
  const pitch = Math.floor((10 * square) / (side + 2)) / 10,
    top = LABEL + square + 6,
    [left, down] = wide ? [width - room, 0] : [0, top + 3 * HIGH + 12],
    bars = down + top + 32;
  /** The middle of a column, so many pixels below the top. */
  const at = (i, lower, y) => [column * (i + 0.5) + lower * left, lower * down + y];
  return {
    ...{ at, pitch, cell, room, under: LABEL + square + 12, height: Math.max(top + 3 * HIGH, bars + 3 * BAR) + 2 },
    /** The corner of a picture in its column. */
    corner(i, lower, [rows, across]) {
      const [x, y] = at(i, lower, LABEL + (square - rows * pitch) / 2);
      return [x - (across * pitch) / 2, y];
    },
    weight: (i, r, c, k) => at(i + ((c - k / 2) * cell) / column, 0, top + (r + (3 - k) / 2) * HIGH),
    bars: [left, bars],
  };
}

/** A picture in one path for each level, which is an attribute of it. */
function paint(node, levels, [x, y], pitch, attribute) {
  const runs = {};
  levels.forEach((row, r) =>
    row.forEach((level, c) => {
      runs[level] = `${runs[level] ?? ""}M${c} ${r}h1`;
    }),
  );
  mend(node, { transform: `translate(${x} ${y + pitch / 2}) scale(${pitch})` });
  node.replaceChildren(...Object.entries(runs).map(([level, d]) => svg("path", { d, [attribute]: level })));
}

/** A class that says how strong a number is: from −5 to 5. */
const strength = (value, most) => `ln-sl-${Math.sign(value) * Math.ceil((5 * Math.abs(value)) / (most || 1))}`;

/** Sets attributes where they are others: what is not touched costs nothing. */
function mend(node, values) {
  for (const [name, value] of Object.entries(values))
    if (node.getAttribute(name) !== `${value}`) node.setAttribute(name, value);
}
const box = (node, x, y, width, height) => mend(node, { x, y, width, height });
function put(node, [x, y], text) {
  mend(node, { x, y });
  if (node.textContent !== `${text}`) node.textContent = text;
}

/** Columns of the drawing: 0 holds the photograph and the sum, the others a channel each; above, `lower` 0, are inputs,
    below maps. `reading` is for the kit's parts; `hands` of a cell that a hand is
    dragged to, above and below. */
export function drawing(names, colours, fixed, reading, hands) {
  const all = upto(names.length),
    n = all.length - 1,
    size = [colours[1].length, colours[1][0].length];
  const shape = (name, tag = "rect") => svg(tag, { class: `ln-sl-${name}` }),
    make = (name, tag) => all.map((i) => shape(`${name} ln-sl-c${i}`, tag)),
    both = (name, tag) => ["above", "below"].map((lower) => make(`${name} ln-sl-${lower}`, tag)),
    [images, labels] = [both("image ln-quiet", "g"), both("label", "text")],
    [marks, ghosts, frames] = ["mark", "ghost", "frame"].map((name) => both(name)),
    kernels = make("kernel"),
    [totals, signs, aside] = ["total", "total", "aside"].map((name) => make(name, "text")),
    title = shape("name", "text"),
    bars = [2, 1, 0].map((ink) => [
      shape("of"),
      shape(`so ln-ink${ink}`),
      shape("name", "text"),
      shape("number", "text"),
    ]);
  const group = parts(words.parts, reading),
    layer = (...nodes) => svg("g", { "aria-hidden": true, class: "ln-sl-over" }, ...nodes.flat(2)),
    stage = svg(
      "svg",
      { onpointermove: point, onpointerdown: point, onpointerleave: point },
      layer(images, kernels, labels, totals, signs, aside, title, bars),
      group.node,
      layer(marks, ghosts),
    );
  let here,
    place,
    built,
    weights,
    pointer = null;

  function point({ type, clientX, clientY }) {
    const { left, top, width } = stage.getBoundingClientRect();
    pointer = type === "pointerleave" ? null : [clientX - left, clientY - top].map((way) => (way * here.width) / width);
    if (group.meant()) reading.show();
  }
  const bounds = (lower) => (lower ? here.many : size),
    corner = (i, lower) => place.corner(i, lower, bounds(lower));
  function cellOf([x, y], i, lower) {
    const [left, top] = corner(i, lower);
    return [y - top, x - left].map((way) => Math.floor(way / place.pitch));
  }
  /** Lays a rectangle over cells of a picture, `[row, column, high, wide]`, or nowhere. */
  function cover(node, i, lower, cells) {
    const [left, top] = corner(i, lower),
      [r, c, high, wide] = (cells || [0, 0, 0, 0]).map((way) => way * place.pitch);
    box(node, left + c, top + r, wide, high);
  }

  /** A weight, below the pixel that it meets. */
  function cell(i, r, c) {
    const [x, y] = place.weight(i, r, c, here.k),
      [frame, pixel, own] = ["frame", "pixel", ""].map((name) => shape(name)),
      [seen, said] = [0, 0].map(() => shape("label", "text")),
      weight = here.filters[i - 1][r][c];
    box(frame, x, y, place.cell, HIGH);
    box(pixel, x, y, place.cell, 12);
    box(own, x, y + 12, place.cell, HIGH - 12);
    mend(own, { class: strength(weight, 2) });
    const middle = x + place.cell / 2,
      node = part(words.weight(names[i], r, c), pixel, own, seen, said, frame);
    mend(node, { class: `ln-part ln-quiet ln-sl-c${i}` });
    put(said, [middle, y + 23], fixed ? "" : words.short(weight));
    return {
      node,
      pixel,
      seen,
      spot: [middle, y + 9.5],
      read: () => [here.patches, here.dyes].map((own) => own[i - 1][r * here.k + c]),
    };
  }
  /** What a hand on the window leaves alone. */
  function build() {
    const { width, k, padding, deep, ink, maps, most } = here;
    place = layout(width, n + 1, Math.max(...size));
    mend(stage, { viewBox: `0 0 ${width} ${place.height}`, class: `ln-sl-stage ln-ink${ink}` });
    for (const i of all) {
      put(labels[0][i], place.at(i, 0, 11), names[i]);
      put(labels[1][i], place.at(i, 1, 11), i ? names[i] : words.sum(deep));
      put(aside[i], place.at(0, 0, place.under + 32 + 15 * i), words.kernels(deep, n)[i] ?? "");
      put(signs[i], place.at(i + 0.5, 1, place.under), here.even && i < n ? (i ? "+" : "=") : "");
      cover(frames[0][i], i, 0, [-padding, -padding, ...size.map((side) => side + 2 * padding)]);
      cover(frames[1][i], i, 1, [0, 0, ...here.many]);
      const [[left, top], [right]] = [place.weight(i, 0, 0, k), place.weight(deep ? i : n, 0, k, k)],
        one = i && (deep || i < 2);
      box(kernels[i], left - 2, top - 2, one * (right - left + 4), one * (k * HIGH + 4));
      paint(images[0][i], colours[i], corner(i, 0), place.pitch, "stroke");
      const strengths = maps[i].map((row) => row.map((v) => strength(v, most)));
      paint(images[1][i], strengths, corner(i, 1), place.pitch, "class");
    }
    const pictures = frames.map((row, lower) =>
      row.map((frame, i) => {
        const node = part(words.picture(lower && !i ? words.sum() : names[i], lower), frame);
        drag(node, { move: (spot) => hands[lower](cellOf(spot, i, lower)), free: true });
        return node;
      }),
    );
    weights = upto(k).map((r) => upto(n * k).map((spot) => cell(1 + Math.floor(spot / k), r, spot % k)));
    group.put([
      pictures[0].slice(+fixed),
      ...weights.map((line) => line.map(({ node }) => node)),
      pictures[1].slice(+deep),
    ]);
  }
  return {
    node: stage,
    meant: group.meant,
    put(now) {
      here = now;
      const shape = now.key + now.width;
      if (shape !== built) build();
      built = shape;
      const {
        many,
        place: [y, x],
        window,
        maps,
        costs,
        longest,
      } = now;
      for (const i of all) {
        cover(marks[0][i], i, 0, colours[i].length && window([y, x]));
        cover(marks[1][i], i, 1, maps[i].length && [y, x, 1, 1]);
        put(totals[i], place.at(i, 1, place.under), maps[i].length ? words.short(maps[i][y][x]) : "");
      }
      for (const { pixel, seen, spot, read } of weights.flat()) {
        const [value, dye] = read();
        mend(pixel, { fill: dye || "#000" });
        mend(seen, { class: dye > "#7" ? "ln-sl-dark" : "ln-sl-pale" });
        put(seen, spot, fixed ? "" : value);
      }
      const [left, top] = place.bars;
      put(title, [left, top - 6], words.spent(n, many));
      costs.forEach(([kind, each], i) => {
        const own = top + i * BAR,
          long = ((place.room - NAMES - 44) * each) / longest,
          count = y * many[1] + x + 1;
        const [of, so, name, number] = bars[i];
        box(of, left + NAMES, own + 3, long * many[0] * many[1], BAR - 6);
        box(so, left + NAMES, own + 3, long * count, BAR - 6);
        put(name, [left, own + 13], kind);
        put(number, [left + place.room, own + 13], whole(each * count));
      });
    },
    /** The cell of a picture that the pointer is over, or null. */
    under(i, lower) {
      const cell = pointer && cellOf(pointer, i, lower);
      return cell?.every((at, way) => at >= 0 && at < bounds(lower)[way]) ? cell : null;
    },
    /** Leaves one channel bright, or with 0 all; frames cells of the inputs and of the maps. */
    light(only, ...cells) {
      mend(stage, { "data-only": only });
      for (const i of all)
        for (const lower of [0, 1])
          cover(ghosts[lower][i], i, lower, (lower ? here.maps[i] : colours[i]).length && cells[lower]);
    },
  };
}
