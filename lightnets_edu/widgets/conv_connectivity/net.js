// The channels as rows of maps, and from row to row a thread for each weight.
import { drag } from "../kit/drag.js";
import { part, parts } from "../kit/parts.js";
import { svg, upto } from "../kit/shared.js";
import { boxes } from "./plane.js";
import { words } from "./words.js";

const SIDE = 7,
  HEAD = 20,
  LABEL = 14;

const short = (n) => Math.round(n * 100) / 100;

/** So many threads side by side, from around a to around b, across `wide` at most. */
export function bundle([ax, ay], [bx, by], taps, wide) {
  const apart = taps > 1 ? Math.min(3, wide / (taps - 1)) : 0,
    half = (apart * (taps - 1)) / 2,
    [dx, dy] = [short(bx - ax), short(by - ay)],
    back = `m${short(apart - dx)} ${-dy}`;
  return `M${short(ax - half)} ${short(ay)}${Array(taps).fill(`l${dx} ${dy}`).join(back)}`;
}

/** Draws channels and threads; `set` hears which outputs are chosen, `show` which part is meant. */
export function net(set, show) {
  const head = svg("text", { class: "ln-cv-head" }),
    rest = svg("path", { class: "ln-cv-rest ln-quiet" }),
    lit = upto(2).map(() => svg("path")),
    marks = upto(3).map(() => svg("path"));
  let here, place, built, rows;
  const choose = (a, b) => set({ output: Math.min(a, b), more: Math.abs(a - b) });
  const group = parts(words.parts, {
    show,
    pick: ([row, i]) => row === here.layers.length && choose(i, i),
    /** Brushes from the end of the chosen outputs that stands still. */
    shift([row, i], [x]) {
      if (row < here.layers.length || !x) return;
      const end = here.output + here.more,
        to = Math.max(0, Math.min(i + x, here.c_out - 1)),
        anchor = i === end ? here.output : i === here.output ? end : i;
      choose(anchor, to);
      return [row, to];
    },
  });
  const along = ([x]) => {
    const [left, , width] = place.net;
    return Math.max(0, Math.min(Math.floor(((x - left) / width) * here.c_out), here.c_out - 1));
  };
  function chip(label) {
    const text = label.startsWith("Between") ? [] : [svg("text", { text: label.split(" ")[1] })],
      node = part(label, svg("rect", { class: "ln-cv-hit", rx: 4 }), svg("rect", { class: "ln-cv-map" }), ...text);
    let from;
    if (label.startsWith("Output"))
      drag(node, {
        start: (spot) => {
          from = along(spot);
        },
        move: (spot) => choose(from, along(spot)),
      });
    return node;
  }
  const chips = new Map(); // a channel keeps its node

  /** Where things stand: each row's y, its channels' x, the side of a map. */
  function lay() {
    const [x0, y0, width] = place.net,
      { cap, gap } = place,
      { layers, c_in, size } = here;
    const counts = [c_in, ...layers.map((one) => one.rows.length)],
      pitches = counts.map((n) => width / n),
      full = Math.min(cap, Math.min(...pitches) - 2);
    const top = y0 + HEAD + LABEL,
      end = top + 2 * cap + 2 * gap,
      maps = [[SIDE, SIDE], ...layers.slice(1).map((one) => one.size), size];
    return counts.map((n, r) => {
      const [high, wide] = maps[r].map((cells) => (full * cells) / SIDE),
        last = r === layers.length;
      const y = r === 0 ? top + cap - full : last ? end : top + cap + gap + (cap - high) / 2;
      return {
        n,
        y,
        wide,
        high,
        cell: full / SIDE,
        columns: maps[r][1],
        pitch: pitches[r],
        at: (i) => x0 + pitches[r] * (i + 0.5),
        band: r === 0 ? [y0 + HEAD, LABEL + cap] : last ? [end, cap + LABEL + 2] : [top + cap + gap, cap],
      };
    });
  }
  function threads(k, pairs) {
    const [from, to] = [rows[k], rows[k + 1]],
      { taps } = here.layers[k],
      wide = Math.min(from.wide, to.pitch) - 4;
    return pairs
      .map(([o, i]) => bundle([from.at(i), from.y + from.high + 1], [to.at(o), to.y - 1], taps(o, i), wide))
      .join("");
  }
  const pairsOf = (k) => here.layers[k].rows.flatMap((row, o) => row.map((i) => [o, i]));

  function build() {
    rows = lay();
    head.setAttribute("x", place.net[0]);
    head.setAttribute("y", place.net[1] + 13);
    head.textContent = here.own.taps && here.own.unlike ? words.numbers : words.threads;
    rest.setAttribute("d", here.layers.map((_, k) => threads(k, pairsOf(k))).join(""));
    const last = rows.length - 1,
      names = rows.map(({ n }, r) => upto(n).map(words.part[r && r === last ? 2 : r])),
      kept = (label) => chips.get(label) ?? chips.set(label, chip(label)).get(label);
    return rows.map(({ n, y, wide, high, pitch, at, band }, r) =>
      upto(n).map((i) => {
        const node = kept(names[r][i]),
          [hit, map, text] = node.children;
        const put = (shape, x, y, width, height) =>
          Object.entries({ x, y, width, height }).forEach(([name, value]) => shape.setAttribute(name, short(value)));
        put(hit, at(i) - pitch / 2 + 0.5, band[0], pitch - 1, band[1]);
        put(map, at(i) - wide / 2, y, wide, high);
        text?.setAttribute("x", short(at(i)));
        text?.setAttribute("y", r ? band[0] + band[1] - 2 : band[0] + 11);
        return node;
      }),
    );
  }
  let drawn;
  return {
    nodes: [
      svg("g", { "aria-hidden": "true" }, head, rest, ...lit),
      group.node,
      svg("g", { "aria-hidden": "true", class: "ln-cv-marks" }, ...marks),
    ],
    meant: () => group.meant(),
    /** Gives the height of it all. */
    put(now, width, room) {
      here = now;
      place = room;
      const { layers, own, size } = here,
        shape = JSON.stringify([width, size, layers.map((one) => [one.rows, one.weights, one.size]), own.unlike]);
      if (shape !== built) {
        built = shape;
        drawn = build();
      }
      group.put(drawn, [layers.length, here.output]);
      // The order of the page is that of the drawing.
      const all = drawn.flat(),
        stand = [...group.node.children];
      if (!group.meant() && all.some((node, i) => node !== stand[i])) group.node.append(...all);
      const { band } = rows.at(-1);
      return band[0] + band[1] + 4;
    },
    light({ layers, patch, place: at }, met) {
      lit.forEach((path, k) => {
        const own = layers[k];
        path.setAttribute("class", `ln-cv-lit ln-ink${own?.ink ?? 0}`);
        path.setAttribute(
          "d",
          own
            ? threads(
                k,
                pairsOf(k).filter(([o, i]) => met[k + 1].includes(o) && met[k].includes(i)),
              )
            : "",
        );
      });
      const spots = [patch, ...layers.slice(1).map((one) => one.patch), [at]];
      marks.forEach((path, r) => {
        const row = rows[r];
        path.setAttribute("class", `ln-cv-mark ln-ink${layers[Math.min(r, layers.length - 1)].ink}`);
        path.setAttribute(
          "d",
          row
            ? met[r]
                .map((i) =>
                  boxes(spots[r], row.columns, short(row.at(i) - row.wide / 2), short(row.y), short(row.cell)),
                )
                .join("")
            : "",
        );
      });
      const last = layers.length;
      drawn.forEach((row, r) =>
        row.forEach((node, i) => {
          node.classList.toggle("ln-on", met[r].includes(i));
          const { output, more } = here;
          node.classList.toggle("ln-cv-chosen", r === last && i >= output && i <= output + more);
        }),
      );
    },
  };
}
