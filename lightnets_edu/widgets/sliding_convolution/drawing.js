// The drawing: a picture's channels with a window, their filters, the maps, what they cost.
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { svg, upto, whole } from "../kit/shared.js";
import { BAR, box, cellAt, colour, grey, HIGH, layout, paint, sign, strength } from "./picture.js";
import { words } from "./words.js";

const SMALL = 24; // what a finger needs, in pixels
const [NAMES, NUMBERS] = [112, 44]; // room beside the bars
const put = (node, [x, y], text) => {
  node.setAttribute("x", x);
  node.setAttribute("y", y);
  if (text !== undefined) node.textContent = text;
};
const rect = (name) => svg("rect", { class: name });
const text = (name, said) => svg("text", { class: name, text: said });

/** Columns of the drawing: 0 holds the photograph, if there is one, and the sum; others a channel each. `reading` hears
    what is meant (`show`), picked and shifted, `window` of the hand on the window; `moved` that the pointer did. */
export function drawing({ planes, names, photo, costs }, reading, window, moved) {
  const all = names.map((_, i) => i),
    n = planes.length,
    size = [planes[0].length, planes[0][0].length],
    inputs = all.slice(photo ? 0 : 1),
    many = (make) => all.map(make);
  const images = many(() => svg("g")),
    maps = many(() => svg("g")),
    [kernels, rings, frames, mapFrames, windows, hits, heres, ghosts, echoes] = [
      "ln-sl-kernel",
      "ln-sl-ring ln-quiet",
      "ln-sl-frame ln-quiet",
      "ln-sl-frame ln-quiet",
      "ln-sl-window",
      "ln-hit",
      "ln-sl-here",
      "ln-sl-ghost",
      "ln-sl-ghost",
    ].map((name) => many(() => rect(name))),
    [labels, lower, totals] = ["", "", "ln-sl-total"].map((name) => many(() => text(name)));
  const signs = upto(n).map((i) => text("ln-sl-total", i ? "+" : "=")),
    aside = [0, 1].map(() => text()),
    title = text("ln-sl-name"),
    flow = svg("path", { class: "ln-sl-flow" });
  const planeParts = inputs.map((i) => part(i ? words.plane(names[i]) : words.photo, frames[i])),
    mapParts = many((i) => part(i ? words.map(names[i]) : words.whole, mapFrames[i])),
    bars = upto(costs).map(() => {
      const shapes = [rect("ln-hit"), rect("ln-sl-of"), rect("ln-sl-so"), text("ln-sl-name"), text("ln-sl-number")];
      return { shapes, node: part("", ...shapes) };
    });
  const group = parts(words.parts, reading),
    hand = grip(
      words.window,
      [0, 999],
      { ...window, free: true },
      ...inputs.flatMap((i) => windows[i]),
      ...inputs.map((i) => hits[i]),
    ),
    pictures = svg("g", { class: "ln-sl-image ln-quiet" }, ...images, ...maps),
    under = [pictures, ...rings, ...kernels, flow, ...signs, ...aside, title, ...labels, ...lower, ...totals];
  const hears = { onpointermove: point, onpointerdown: point, onpointerleave: point };
  const stage = svg(
    "svg",
    { class: "ln-sl-stage", ...hears },
    svg("g", { "aria-hidden": true }, ...under),
    group.node,
    svg("g", { class: "ln-sl-over", "aria-hidden": true }, ...heres, ...ghosts, ...echoes),
    hand.node,
  );
  let here,
    place,
    built,
    painted,
    weights = [],
    pointer = null;

  function point(event) {
    const { left, top, width } = stage.getBoundingClientRect(),
      scale = here.width / width;
    pointer = event.type === "pointerleave" ? null : [(event.clientX - left) * scale, (event.clientY - top) * scale];
    moved();
  }
  const outputs = () => [here.rows, here.columns];

  /** A filter's cells: above each weight the pixel that it meets. */
  function cell(i, r, c) {
    const [x, y] = place.weight(i, r, c, here.k),
      half = x + place.cell / 2;
    const [pixel, weight] = [
        { y, height: 12 },
        { y: y + 12, height: HIGH - 12 },
      ].map((own) => svg("rect", { x, width: place.cell, ...own })),
      [seen, own] = [9.5, 23].map((down) => svg("text", { x: half, y: y + down }));
    const frame = svg("rect", { x, y, width: place.cell, height: HIGH, class: "ln-sl-frame ln-quiet" });
    pixel.setAttribute("class", "ln-quiet");
    return {
      i,
      r,
      c,
      pixel,
      weight,
      seen,
      own,
      node: part(words.weight(names[i], r, c), frame, pixel, weight, seen, own),
    };
  }

  function build() {
    const { width, k, padding, deep, kind, fixed } = here;
    place = layout(width, n, Math.max(...size));
    stage.setAttribute("viewBox", `0 0 ${width} ${place.height}`);
    stage.setAttribute("class", `ln-sl-stage ln-ink${{ standard: 2, depthwise: 1, pointwise: 0 }[kind]}`);
    const [high, across] = [here.rows, here.columns].map((cells) => cells * place.pitch);
    for (const i of all) {
      const corner = place.input(i, size),
        [h, w] = size.map((cells) => cells * place.pitch),
        ring = padding * place.pitch;
      put(labels[i], place.label(i), i ? names[i] : photo ? words.photo : "");
      put(lower[i], place.name(i), i ? names[i] : words.sum(kind));
      box(frames[i], corner, w, h);
      box(rings[i], [corner[0] - ring, corner[1] - ring], (i > 0) * ring && w + 2 * ring, h + 2 * ring);
      box(mapFrames[i], place.map(i, outputs()), across, high, SMALL);
      const one = i && (deep ? place.kernel(i, i, k) : i < 2 && place.kernel(1, n, k));
      box(kernels[i], one ? [one.x, one.y] : [0, 0], one ? one.width : 0, one ? one.height : 0);
    }
    signs.forEach((node, i) => put(node, place.sign(i), deep ? "" : i ? "+" : "="));
    aside.forEach((node, line) => put(node, place.aside(line), words.kernels(kind, n)[line]));
    flow.setAttribute("d", all.slice(1).map(place.flow).join(""));
    put(title, place.title);
    weights = upto(k).map((r) => upto(n * k).map((at) => cell(1 + Math.floor(at / k), r, at % k)));
    if (!fixed) for (const { node } of weights.flat()) node.classList.add("ln-sl-edit");
    group.put([
      planeParts,
      ...weights.map((row) => row.map(({ node }) => node)),
      mapParts.slice(+deep),
      bars.map(({ node }) => node),
    ]);
  }

  /** Pictures, maps and weights: what a hand on the window leaves alone. */
  function dye() {
    const { maps: found, most, filters, grey: levels } = here,
      { pitch } = place;
    const tone = (level) => ({ stroke: typeof level === "string" ? colour(level) : grey(level) });
    if (photo)
      paint(
        images[0],
        levels[0].map((row, r) => row.map((_, c) => levels.map((plane) => plane[r][c]).join(""))),
        place.input(0, size),
        pitch,
        tone,
      );
    levels.forEach((plane, i) => paint(images[i + 1], plane, place.input(i + 1, size), pitch, tone));
    for (const i of all)
      paint(
        maps[i],
        (found[i] ?? []).map((row) => row.map((v) => strength(v, most))),
        place.map(i, outputs()),
        pitch,
        (level) => ({ class: sign(level), "stroke-opacity": Math.abs(level) / 5 || 1 }),
      );
    const room = (values, each) => Math.max(...values.map((v) => words.short(v).length)) * each < place.cell,
      [tells, sees] = [room(filters.flat(2), 7), room(planes.flat(2), 6)];
    for (const { i, r, c, weight, own, seen } of weights.flat()) {
      const value = filters[i - 1][r][c];
      weight.setAttribute("class", `${sign(value)} ln-quiet`);
      weight.setAttribute("fill-opacity", Math.min(0.45, Math.abs(value) / 5));
      own.textContent = tells ? words.short(value) : "";
      seen.setAttribute("visibility", sees ? "visible" : "hidden");
    }
  }

  /** The window, what it reads, what comes of it. */
  function stand() {
    const { k, y, x, stride, padding, rows, columns, maps: found, pixels, costs: own, most } = here,
      { pitch } = place;
    for (const i of all) {
      const [a, b] = place.input(i, size),
        corner = [a + (x * stride - padding) * pitch, b + (y * stride - padding) * pitch],
        [left, top] = place.map(i, outputs());
      box(windows[i], corner, k * pitch, k * pitch);
      box(hits[i], corner, k * pitch, k * pitch, SMALL);
      box(heres[i], [left + x * pitch, top + y * pitch], found[i] ? pitch : 0, pitch);
      put(totals[i], place.total(i), found[i] ? words.rounded(found[i][y][x]) : "");
    }
    for (const { i, r, c, pixel, seen } of weights.flat()) {
      const [value, level] = pixels(i - 1, r, c);
      pixel.setAttribute("fill", grey(level));
      seen.setAttribute("class", `ln-sl-tiny ${level > 4 ? "ln-sl-dark" : "ln-sl-pale"}`);
      seen.textContent = words.short(value);
    }
    put(title, place.title, words.spent(here.count, rows, columns));
    bars.forEach(({ shapes: [hit, of, so, name, number], node }, i) => {
      const { kind, side, each } = own[i],
        [left, top, room] = place.bar(i),
        long = (room - NAMES - NUMBERS) / here.longest;
      const now = each * (y * columns + x + 1);
      node.setAttribute("aria-label", words.bar(kind, side));
      box(hit, [left, top], room, BAR);
      box(of, [left + NAMES, top + 3], each * rows * columns * long, BAR - 6);
      box(so, [left + NAMES, top + 3], now * long, BAR - 6);
      so.setAttribute("class", `ln-sl-so ln-ink${{ standard: 2, depthwise: 1, pointwise: 0 }[kind]}`);
      put(name, [left, top + 13], words.layers(kind, side));
      put(number, [left + room, top + 13], whole(now));
      name.classList.toggle("ln-on", kind === here.kind);
    });
    hand.put(y * columns + x, words.near(here.row, here.column));
  }
  return {
    node: stage,
    meant: group.meant,
    put(now) {
      here = now;
      const shape = [here.width, here.kind, here.k, here.stride, here.padding, here.output].join();
      if (shape !== built) build();
      if (shape !== built || painted !== here.key) dye();
      [built, painted] = [shape, here.key];
      stand();
    },
    /** The pixel of an input, or the place of a map, that the pointer is over; or null. */
    pixelAt: (i) => cellAt(pointer, place.input(i, size), place.pitch, size),
    placeAt: (i) => cellAt(pointer, place.map(i, outputs()), place.pitch, outputs()),
    /** The pixel in the corner of a window that is dragged to a spot; `grab` tells where it was taken. */
    under: ([x, y], [dx, dy] = [0, 0]) => [y - dy, x - dx].map((way) => way / place.pitch),
    /** Leaves one channel bright, or all; frames pixels and outputs, each `[row, column, high, wide]`. */
    light(only, pixels, found) {
      const { pitch } = place,
        dim = (nodes, on) => nodes.forEach((node) => node.classList.toggle("ln-sl-dim", on));
      for (const i of all) {
        const off = i > 0 && only > 0 && i !== only,
          show = (own, there) => (own && there && !off ? own : [0, 0, 0, 0]);
        dim([images[i], windows[i], maps[i], heres[i], totals[i]], off);
        const [[r, c, high, wide], [top, left, tall, across]] = [
            show(pixels, inputs.includes(i)),
            show(found, here.maps[i]),
          ],
          [a, b] = place.input(i, size),
          [p, q] = place.map(i, outputs());
        box(ghosts[i], [a + c * pitch, b + r * pitch], wide * pitch, high * pitch);
        box(echoes[i], [p + left * pitch, q + top * pitch], across * pitch, tall * pitch);
      }
      for (const { i, node } of weights.flat()) dim([node], only > 0 && i !== only);
    },
    hold: (on) => hand.node.classList.toggle("ln-held", on),
  };
}
