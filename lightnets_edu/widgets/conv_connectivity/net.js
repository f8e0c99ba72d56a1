// The channels as rows of maps, and from row to row a thread for each weight.
import { drag } from "../kit/drag.js";
import { part, parts } from "../kit/parts.js";
import { svg, upto } from "../kit/shared.js";
import { boxes, clip, put } from "./plane.js";
import { words } from "./words.js";

const SIDE = 7,
  LABEL = 14;

const short = (n) => Math.round(n * 100) / 100;

/** Draws channels and threads; `set` hears which outputs are chosen, `show` which part is meant. */
export function net(set, show) {
  const head = svg("text", { class: "ln-cv-head" }),
    [rest, marks, ...lit] = upto(4).map(() => svg("path")),
    nodes = [[], [], []];
  let here, place, built, rows, threads, drawn, from, chosen, told;
  const choose = (a, b) => set({ output: Math.min(a, b), more: Math.abs(a - b) });
  const group = parts(words.channels, {
    show,
    pick: ([row, i]) => row === here.layers.length && choose(i, i),
    /** Brushes from the end of the chosen outputs that stands still. */
    shift([row, i], [x]) {
      if (row < here.layers.length || !x) return;
      const { output, more } = here,
        end = output + more,
        to = clip(i + x, here.c_out);
      choose(i === end ? output : i === output ? end : i, to);
      return [row, to];
    },
  });
  const along = ([x]) => clip(Math.floor(((x - place.net[0]) / place.net[2]) * here.c_out), here.c_out);
  function chip(r, i) {
    const text = r === 1 ? [] : [svg("text", { text: i })],
      node = part(
        words.part[r](i),
        svg("rect", { class: "ln-cv-hit", rx: 4 }),
        svg("rect", { class: "ln-cv-map" }),
        ...text,
      );
    if (r === 2)
      drag(node, {
        start(spot) {
          from = along(spot);
        },
        move: (spot) => choose(from, along(spot)),
      });
    return node;
  }

  /** Where things stand: each row's y, its channels' x, the sides of its maps. */
  function lay() {
    const [x, top, width] = place.net,
      { cap, gap } = place,
      { layers, c_in, size } = here,
      last = layers.length;
    const counts = [c_in, ...layers.map((one) => one.rows.length)],
      maps = [...layers.map((one) => one.size), size],
      full = Math.min(cap, width / Math.max(...counts) - 2),
      y = (r) => top + 34 + (cap + gap) * (r === last ? 2 : r);
    return counts.map((n, r) => {
      const [high, wide] = maps[r].map((cells) => (full * cells) / SIDE);
      return {
        y: r === last ? y(r) : y(r) + (cap - high) / (r + 1),
        wide,
        high,
        cell: full / SIDE,
        columns: maps[r][1],
        pitch: width / n,
        at: (i) => x + (width / n) * (i + 0.5),
        band: [y(r) - (r ? 0 : LABEL), r && r < last ? cap : cap + LABEL],
      };
    });
  }
  /** A layer's threads: for each pair of channels the two and a piece of path. */
  function spin({ rows: joined, taps }, k) {
    const [{ at, y, wide, high }, to] = rows.slice(k),
      start = y + high + 1,
      dy = to.y - 1 - start;
    return joined.flatMap((row, o) =>
      row.map((i) => {
        const many = taps(o, i),
          apart = many > 1 ? Math.min(3, (Math.min(wide, to.pitch) - 4) / (many - 1)) : 0,
          dx = short(to.at(o) - at(i)),
          lines = Array(many).fill(`l${dx} ${dy}`);
        return [o, i, `M${at(i) - (apart * (many - 1)) / 2} ${start}${lines.join(`m${short(apart - dx)} ${-dy}`)}`];
      }),
    );
  }
  function build() {
    rows = lay();
    threads = here.layers.map(spin);
    put(head, { x: place.net[0], y: place.net[1] + 13, text: words.threads });
    put(rest, { class: "ln-cv-rest ln-quiet", d: threads.flatMap((all) => all.map((one) => one[2])).join("") });
    drawn = rows.map(({ y, wide: width, high: height, pitch, at, band }, r) => {
      const kind = rows[r + 1] ? r : 2;
      return upto(Math.round(place.net[2] / pitch)).map((i) => {
        const node = (nodes[kind][i] ??= chip(kind, i)),
          [hit, map, text] = node.children;
        put(hit, { x: at(i) - pitch / 2 + 0.5, y: band[0], width: pitch - 1, height: band[1] });
        put(map, { x: at(i) - width / 2, y, width, height });
        if (text) put(text, { x: at(i), y: band[0] + (r ? band[1] - 2 : 11) });
        return node;
      });
    });
  }
  return {
    node: group.node,
    drawn: [head, rest, ...lit],
    marks,
    meant: group.meant,
    /** Gives the height of it all. */
    put(now, width, room) {
      here = now;
      place = room;
      const { layers, size } = here,
        shape = JSON.stringify([width, size, layers.map(({ rows, weights }) => [rows, weights])]);
      if (shape !== built) {
        built = shape;
        build();
        // Parts stand in the order of the drawing.
        if (drawn.flat().length !== group.node.children.length && !group.meant()) group.node.replaceChildren();
        chosen = told = null;
      }
      if (chosen !== here.output) group.put(drawn, [layers.length, (chosen = here.output)]);
      const [top, high] = rows.at(-1).band;
      return top + high + 4;
    },
    light({ layers, patch, place: at, output, more }, met) {
      const last = layers.length,
        spots = [patch, ...layers.slice(1).map((one) => one.patch), [at]],
        marked = met.flatMap((own, r) => {
          const { wide, y, at: middle, cell, columns } = rows[r];
          return own.map((i) => boxes(spots[r], columns, middle(i) - wide / 2, y, cell));
        });
      put(marks, { class: `ln-cv-mark ln-ink${layers[0].ink}`, d: marked.join("") });
      if (told === (told = JSON.stringify([met, output, more]))) return;
      lit.forEach((path, k) => {
        const own = (threads[k] ?? []).filter(([o, i]) => met[k + 1].includes(o) && met[k].includes(i));
        put(path, { class: `ln-cv-lit ln-ink${layers[k]?.ink}`, d: own.map((one) => one[2]).join("") });
      });
      drawn.forEach((row, r) =>
        row.forEach(({ classList }, i) => {
          classList.toggle("ln-on", met[r].includes(i));
          classList.toggle("ln-cv-chosen", r === last && i >= output && i <= output + more);
        }),
      );
    },
  };
}
