// The drawing: the input, the maps with a bar for each ghost; large, one map, its ghost and what is missing; the cost.
import { part, parts } from "../kit/parts.js";
import { mend, svg, upto } from "../kit/shared.js";
import { level } from "./ghosts.js";
import { words } from "./words.js";

// levels of grey, and of either colour
const STEPS = 7;
const LABEL = 16;
const BAR = 9;
// the kernel's side
const BOX = 68;

/** Where everything stands on a page of so many pixels: `cell` is a map's, `large` the side of the large pictures. */
function layout(width, many, shown) {
  const wide = width >= 860,
    room = wide ? (width - 48) / 2 : width,
    columns = Math.ceil(many / 2),
    cell = Math.min(94, room / (columns + 2 * shown)),
    row = LABEL + cell + BAR,
    large = Math.min(room / 3 - 8, wide || width < 420 ? 190 : 0.24 * room),
    [left, top] = wide ? [width - room, 0] : [0, 2 * row + 8],
    low = wide ? 2 * row + 12 : top + LABEL + large + 8;
  return {
    ...{ cell, large, room, side: cell - 6, low },
    at: (i) => [(2 * shown + (i % columns)) * cell + 3, Math.floor(i / columns) * row + LABEL],
    spot: (j) => [left + 1 + j * Math.min(room / 3, large + 40), top + LABEL],
    height: Math.max(low + LABEL + BOX, top + LABEL + large) + 4,
  };
}

/** Runs of equal pixels, as one path for each of their kinds. */
function runs(rows, kind) {
  const found = {};
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; ) {
      const own = kind(row[x]);
      let end = x + 1;
      while (end < row.length && kind(row[end]) === own) end += 1;
      if (own) found[own] = `${found[own] ?? ""}M${x} ${y}h${end - x}`;
      x = end;
    }
  });
  return Object.entries(found);
}

/** A picture of numbers: how far from zero is how strong; below zero it has a colour of its own. */
function paint(node, rows, top) {
  const paths = runs(rows, (value) => level(value, top, STEPS)).map(([own, d]) =>
    svg("path", { d, class: `ln-gm-${Math.abs(own)}${own < 0 ? " ln-gm-less" : ""}` }),
  );
  node.replaceChildren(...paths);
}
/** Brings a picture of so many rows into a square. */
function fit(node, [x, y], side, rows) {
  const pitch = side / Math.max(rows.length, rows[0].length);
  mend(node, "transform", `translate(${x} ${y + pitch / 2}) scale(${pitch})`);
}
function set(node, values) {
  for (const [name, value] of Object.entries(values)) mend(node, name, value);
}
const box = (node, [x, y], width, height = width) => set(node, { x, y, width, height });

/** `reading` is for the kit's parts. */
export function drawing({ maps, names, picture }, reading) {
  const shape = (name, tag = "rect") => svg(tag, { class: `ln-gm-${name}` }),
    image = () => shape("image ln-quiet", "g"),
    shown = picture.length > 0;
  const thumbs = maps.map((map, i) => {
    const [frame, own, of, so, text] = [
      shape("frame"),
      image(),
      shape("of ln-quiet"),
      shape("so ln-bars"),
      shape("label", "text"),
    ];
    paint(own, map, 99);
    return { node: part(words.map(i, names[i]), frame, own, of, so), frame, own, of, so, text };
  });
  const large = words.pictures.map((name) => {
    const [frame, own, text] = [shape("frame"), image(), shape("title", "text")];
    return { node: part(name, frame, own), frame, own, text };
  });
  const bars = words.bars.map((name) => {
    const [frame, kept, cheap] = [shape("hit"), shape("kept"), shape("cheap")];
    return { node: part(name, frame, kept, cheap), frame, kept, cheap };
  });
  const photo = image(),
    [around, field] = [shape("frame"), shape("frame")],
    weights = upto(25).map(() => shape("weight")),
    rule = shape("rule", "path"),
    texts = upto(6).map(() => shape("note", "text"));
  const group = parts(words.parts, reading),
    aside = (...nodes) => svg("g", { "aria-hidden": true }, ...nodes.flat());
  for (const [colour, d] of runs(picture, (own) => own)) photo.append(svg("path", { d, stroke: colour }));
  const stage = svg(
    "svg",
    { class: "ln-gm-stage" },
    aside(shown ? [around, photo] : [], field, weights),
    group.node,
    aside(
      rule,
      thumbs.map(({ text }) => text),
      large.map(({ text }) => text),
      texts,
    ),
  );
  let place,
    built = 0;
  function build(width) {
    built = width;
    place = layout(width, maps.length, shown);
    const { cell, side, low } = place,
      half = Math.ceil(maps.length / 2),
      rows = [thumbs.slice(0, half), thumbs.slice(half), large, ...bars.map((bar) => [bar])];
    mend(stage, "viewBox", `0 0 ${width} ${place.height}`);
    thumbs.forEach(({ frame, own, of, text }, i) => {
      const [x, y] = place.at(i);
      box(frame, [x, y], side);
      fit(own, [x, y], side, maps[i]);
      box(of, [x, y + side + 4], side, 5);
      set(text, { x, y: y - 4 });
    });
    large.forEach(({ frame, own, text }, j) => {
      const [x, y] = place.spot(j);
      box(frame, [x, y], place.large);
      fit(own, [x, y], place.large, maps[0]);
      set(text, { x, y: y - 5 });
    });
    if (shown) {
      box(around, [1, LABEL], 2 * cell - 8);
      fit(photo, [1, LABEL], 2 * cell - 8, picture);
    }
    box(field, [1, low + LABEL], BOX);
    group.put(
      rows.map((row) => row.map(({ node }) => node)),
      null,
    );
    return rows;
  }
  let rows;
  return {
    node: stage,
    meant: group.meant,
    /** The state: which map is chosen. */
    put(width, chosen) {
      if (width !== built) rows = build(width);
      const r = rows.findIndex((row) => row.includes(thumbs[chosen]));
      group.put(
        rows.map((row) => row.map(({ node }) => node)),
        [r, rows[r].indexOf(thumbs[chosen])],
      );
    },
    /** What a spot is: a map, a large picture, a bar. */
    what: ([row, i]) =>
      row < 2 ? ["map", row * Math.ceil(maps.length / 2) + i] : row < 3 ? ["picture", i] : ["bar", row - 3],
    /** Shows map i: its family, its kernel, the three pictures. */
    light(i, { parents, kernels, r2 }, pictures, revealed) {
      const parent = revealed ? parents[i] : -1,
        head = parent < 0 ? i : parent;
      thumbs.forEach(({ node, of, so, text }, at) => {
        const kept = revealed && parents[at] < 0,
          child = revealed && parents[at] === head,
          share = revealed && !kept;
        const name = [
          "ln-part",
          kept && "ln-gm-keeps",
          at === i && "ln-gm-here",
          (child || (kept && at === head)) && "ln-gm-kin",
        ];
        mend(node, "class", name.filter(Boolean).join(" "));
        mend(of, "visibility", share ? "visible" : "hidden");
        box(so, [place.at(at)[0], place.at(at)[1] + place.side + 4], share ? place.side * Math.max(0, r2[at]) : 0, 5);
        mend(text, "class", `ln-gm-label${at === i ? " ln-gm-strong" : ""}`);
        mend(text, "text", words.label(at, child ? 2 : kept && at === head ? 1 : 0));
      });
      large.forEach(({ own, text }, j) => {
        paint(own, pictures[j], 99);
        mend(own, "class", `ln-gm-image ln-quiet${j === 2 ? " ln-gm-rest" : ""}`);
        mend(text, "text", words.titles(i)[j]);
      });
      const kernel = parent < 0 ? [] : kernels[i],
        d = Math.sqrt(kernel.length) || 1,
        most = Math.max(1, ...kernel.map(Math.abs)),
        pitch = BOX / Math.max(3, d);
      weights.forEach((node, at) => {
        const size = at < kernel.length ? (pitch - 3) * Math.sqrt(Math.abs(kernel[at]) / most) : 0,
          middle = (way) => BOX / 2 + (way - (d - 1) / 2) * pitch - size / 2;
        box(node, [1 + middle(at % d), place.low + LABEL + middle(Math.floor(at / d))], size);
        mend(node, "class", `ln-gm-weight${kernel[at] < 0 ? " ln-gm-below" : ""}`);
      });
    },
    /** What the layer costs, beside the kernel; `heads` are the notes above and below it. */
    cost([whole, primary, cheap], s, notes) {
      const x = BOX + 18,
        y = place.low + LABEL,
        unit = (place.room - x - 2) / Math.max(whole, primary + cheap),
        half = x + (whole * unit) / s;
      box(bars[0].frame, [x, y], whole * unit, 20);
      box(bars[0].kept, [x, y], whole * unit, 20);
      box(bars[0].cheap, [x, y], 0, 20);
      box(bars[1].frame, [x, y + 26], Math.max(24, (primary + cheap) * unit), 20);
      box(bars[1].kept, [x, y + 26], primary * unit, 20);
      box(bars[1].cheap, [x + primary * unit, y + 26], cheap * unit, 20);
      mend(rule, "d", `M${half} ${y + 22}v28`);
      const spots = [
        [1, place.low + LABEL - 5],
        [x, y - 5],
        [half, y + 62],
        [half + 16, y + 62],
        [1, LABEL - 4],
        [1, 2 * place.cell + LABEL + 6],
      ];
      texts.forEach((node, j) => {
        set(node, { x: spots[j][0], y: spots[j][1] });
        mend(node, "class", `ln-gm-note${j === 2 ? " ln-gm-mid" : ""}`);
        mend(node, "text", notes[j] ?? "");
      });
    },
  };
}
