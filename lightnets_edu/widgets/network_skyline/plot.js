// One network as a skyline: bars of its layers, and under them the layers again by kind, in boxes for blocks.
import { mend, svg, upto } from "../kit/shared.js";
import { byKind, clip, ranked, rounded, short, sum, values } from "./sums.js";
import { words } from "./words.js";

const [LEFT, RIGHT, HEAD, LANE, FOOT] = [42, 46, 20, 12, 16];
const INKS = [0, 1, 2, 2, 3, 3, 3];
const KINDS = upto(words.kinds.length);
const HALVES = [0, 0.5, 1];

const write = (text, x, y, anchor) => svg("text", { text, x, y, "text-anchor": anchor });
const path = (name) => svg("path", { class: `ln-ns-${name}` });
const round = (text) => text.replace(/\d+\.\d+/g, (n) => +(+n).toFixed(2));
const draw = (node, pieces) => mend(node, "d", round(pieces.join("")));

/** A plot in a drawing. Its parts are `columns` for layers as they stand, `boxes` for blocks, `tenths` for a sketch. */
export function plot() {
  const inked = (name) => KINDS.map((kind) => path(`${name} ln-ink${INKS[kind]}`)),
    [bars, marks] = ["bars", "marks"].map(inked),
    [grid, here, veil, edges, guess] = ["grid ln-quiet", "here ln-quiet", "veil ln-quiet", "edges", "guess"].map(path),
    [told, texts] = ["ln-ns-told", ""].map((name) => svg("g", { class: name })),
    node = svg("g", {}, grid, here, ...bars, ...marks, veil, edges, guess, told, texts);
  let left, right, top, foot, low, pitch, many, scale, share;
  const at = (k) => left + pitch * k,
    tenth = (j) => (j * many) / 10,
    up = (part) => foot - (foot - top) * clip(part, 1),
    area = (from, to, y, end) => `M${at(from)} ${y}H${at(to)}V${end}H${at(from)}z`;

  return {
    node,
    at,
    /** Of the layers as drawn, or of n parts of them, the one at x. */
    find: (x, n) => clip(Math.floor(((x - left) / (right - left)) * (n || many)), (n || many) - 1),
    /** How high y is, from 0 to 1; and whether a spot is at or behind the plot. */
    high: (y) => clip((foot - y) / (foot - top), 1),
    holds: ([x, y]) => x > left - LEFT && y > top - HEAD,
    /** Draws a network, and gives its parts: `part` makes one. */
    build([x, y, width, height], { label, rows, blocks }, { metric, order, sketching, most, kinds, part }) {
      [left, right, top, low] = [x + LEFT, x + width - RIGHT, y + HEAD, y + height - FOOT];
      foot = low - LANE * kinds.length - 8;
      pitch = (right - left) / rows.length;
      many = rows.length;
      scale = most;
      const numbers = values(rows, metric),
        places = ranked(numbers, order),
        shares = byKind(rows, metric),
        run = order === "execution",
        gap = pitch > 4 ? Math.min(3, pitch / 5) : pitch > 2 ? 0.4 : 0,
        letters = (width - LEFT - 100) / 7,
        lane = (i) => foot + 5 + LANE * i;
      const bar = (k, y, end) => `M${at(k) + gap / 2} ${y}V${end}H${at(k + 1) - gap / 2}V${y}z`;
      for (const kind of KINDS) {
        const own = upto(rows.length).filter((k) => rows[places[k]][1] === kind),
          y = lane(kinds.indexOf(kind));
        draw(
          bars[kind],
          own.map((k) => bar(k, foot, up(numbers[places[k]] / most))),
        );
        draw(
          marks[kind],
          own.map((k) => bar(k, y + 2, y + LANE - 2)),
        );
      }
      draw(grid, [
        ...HALVES.map((part) => `M${left} ${up(part)}H${right}`),
        ...kinds.map((_, i) => `M${left} ${lane(i) + LANE / 2}H${right}`),
      ]);
      share = write("", x + width, y + 13, "end");
      told.replaceChildren(
        ...HALVES.map((part) => write(short(most * part), left - 6, up(part) + 4, "end")),
        write(words.share, right + 6, foot + 2),
        ...kinds.map((kind, i) =>
          write(shares[kind] ? rounded(shares[kind], sum(shares)) : "", right + 6, lane(i) + LANE - 2),
        ),
      );
      const below = run ? maps(rows) : words.ends.map((end, i) => write(end, [left, right][i], low + 13, i && "end"));
      texts.replaceChildren(
        write(label.length > letters ? `${label.slice(0, letters - 1)}…` : label, left, y + 13),
        share,
        ...kinds.map((kind, i) => write(words.kinds[kind], left - 6, lane(i) + LANE - 2, "end")),
        ...below,
      );
      const own = sketching || !run ? [] : blocks;
      /** So many parts, the i-th from and to the layers `ends(i)`. */
      const row = (name, many, ends, y, end) =>
        upto(many).map((i) => {
          const [from, to] = ends(i).map(at);
          return part({ class: `ln-ns-${name} ln-quiet`, x: from, y, width: to - from, height: end - y });
        });
      return {
        numbers: places.map((i) => numbers[i]),
        places,
        columns: row("part", sketching ? 0 : many, (k) => [k, k + 1], top, foot),
        boxes: row("box", own.length, (i) => [own[i].from, own[i].to], foot + 3, low),
        tenths: row("part", sketching ? 10 : 0, (j) => [tenth(j), tenth(j + 1)], top, foot),
      };
    },
    /** Lights the layers that are meant, if any, and leaves what a brush does not add up pale; `text` is their sum. A
        guess is ten costs of a layer; while they are sketched, parts of the height, and bars are covered. */
    light(meant, [from, to], text, guessed, cover) {
      const steps = guessed.map(
        (cost, j) => `${j ? "L" : "M"}${at(tenth(j))} ${up(cover ? cost : cost / scale)}H${at(tenth(j + 1))}`,
      );
      node.classList.toggle("ln-ns-covered", cover);
      mend(share, "text", text);
      draw(here, meant ? [area(meant.from, meant.to, top - 2, low)] : []);
      draw(veil, [area(0, from, top, low), area(to, many, top, low)]);
      draw(
        edges,
        [from, to].map((k) => `M${at(k) - 3} ${top - 2}h6v8h-3V${foot}V${top + 6}h-3z`),
      );
      draw(guess, cover || sum(guessed) ? steps : []);
    },
  };

  /** Where the maps become smaller, if there is room to say so: there, or a little to the right. */
  function maps(rows) {
    const found = [write(words.map, left - 6, low + 13, "end")];
    let least = 1 / 0,
      end = left;
    rows.forEach(([, , side], k) => {
      if (!side || side >= least) return;
      least = side;
      const spot = Math.max(at(k), end);
      if (spot > Math.min(at(k) + 30, right - 10)) return;
      found.push(write(side, spot, low + 13));
      end = spot + 7 * `${side}`.length + 8;
    });
    return found;
  }
}
