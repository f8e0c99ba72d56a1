// A convolution's two panels, positions and pairs of channels, and the steps it is made of.
import { check, radio } from "../kit/radio.js";
import { svg, upto } from "../kit/shared.js";
import { words } from "./words.js";

const SIDE = 7,
  TOP = 60,
  LABEL = 26,
  MINI = 9;

const write = (x, y, text, name) => svg("text", { x, y, text, class: name && `ln-cv-${name}` });
const path = (name, pieces) => svg("path", { class: `ln-cv-${name}`, d: pieces.join("") });

/** Rows and columns of w × h from (x, y): where a cell begins, the lines, and boxes in cells, full or of another
    size. */
function grid(x, y, w, h = w) {
  const at = ([i, j]) => [x + w * j, y + h * i],
    line = (i, j, to) => `M${at([i, j])}${to}`;
  return {
    at,
    lines: ([rows, columns]) =>
      path("grid ln-quiet", [
        ...upto(rows + 1).map((i) => line(i, 0, `h${w * columns}`)),
        ...upto(columns + 1).map((j) => line(0, j, `v${h * rows}`)),
      ]),
    boxes: (cells, a = w - 2, b = a < w - 2 ? a : h - 2) =>
      path(
        "on",
        cells.map(([i, j]) => line(i + (1 - b / h) / 2, j + (1 - a / w) / 2, `h${a}v${b}h${-a}z`)),
      ),
    crosses: (cells) =>
      path(
        "never",
        cells.map(([i, j]) => line(i + 0.3, j + 0.3, "l10 10m0-10l-10 10")),
      ),
  };
}

const cells = (places, columns = SIDE) => places.map((place) => [Math.floor(place / columns), place % columns]);

/** Outputs by inputs: the lit rows' pairs in full, the others small. */
function matrix(frame, rows, c_in, lit, small) {
  const pairs = (on) => rows.flatMap((row, o) => (lit.includes(o) === on ? row.map((i) => [o, i]) : []));
  return [frame.lines([rows.length, c_in]), frame.boxes(pairs(false), small), frame.boxes(pairs(true))];
}

/** A step: title, note, its patch × its pairs of channels. */
function miniature(x, y, { title, note, size, patch, rows, ink }, c_in, lit) {
  const plane = grid(x, y + 30, (SIDE * MINI) / Math.max(...size)),
    pairs = grid(x + 90, y + 30, MINI);
  return svg(
    "g",
    { class: `ln-ink${ink}` },
    write(x, y, title, "head"),
    write(x, y + 18, note),
    plane.lines(size),
    plane.boxes(cells(patch, size[1])),
    write(x + 76, y + 67, "×", "by"),
    ...matrix(pairs, rows, c_in, lit, 3),
  );
}

/** Draws the large picture; `set` hears of a choice. */
export function panels(stage, set) {
  const group = (label) => svg("g", { role: "radiogroup", "aria-label": label });
  const picture = svg("g", { "aria-hidden": "true" }),
    map = group(words.positions),
    list = group(words.outputs);
  const move = (k) => set({ y: Math.floor(k / columns), x: k % columns });
  let place, columns, built;
  map.addEventListener(
    "keydown",
    (event) => {
      const step = { ArrowUp: -columns, ArrowDown: columns }[event.key],
        spots = map.children;
      if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      move((place + step + spots.length) % spots.length);
      spots[place].focus();
    },
    true,
  );
  stage.append(picture, map, list);
  return ({ c_in, c_out, size, steps, ink, rows, patch, unread, output, y, x, heads }, width) => {
    const wide = width >= 664,
      side = width >= 528,
      cell = width >= 1000 ? 28 : 24,
      long = SIDE * cell,
      out = long / Math.max(...size),
      space = wide ? 2 * long + 104 : side ? long + 76 : 0;
    const w = Math.min(cell, (width - space - LABEL - 1) / c_in);
    const under = TOP + (wide ? long : 2 * long + 28),
      [mx, my] = side ? [space, 0] : [0, under + 46],
      end = my + TOP + cell * c_out;
    const a = grid(1, TOP, out),
      b = wide ? grid(long + 44, TOP, cell) : grid(1, TOP + long + 28, cell),
      c = grid(mx + LABEL, my + TOP, w, cell);
    const inner = steps[0]?.rows.length,
      drop = 70 + MINI * Math.max(SIDE, inner, c_out),
      first = Math.max(end, under) + 36;
    const [bx, by] = b.at([0, 0]),
      spots = cells(upto(size[0] * size[1]), size[1]);
    columns = size[1];
    place = y * columns + x;
    const shape = [width, size, c_in, c_out].join(),
      hit = ([x, y], width, height) => svg("rect", { x, y, width, height, class: "ln-cv-hit" });
    if (shape !== built) {
      built = shape;
      map.replaceChildren(
        ...spots.map(([i, j], k) => radio(words.position(i, j), k, spots.length, move, [hit(a.at([i, j]), out, out)])),
      );
      list.replaceChildren(
        ...upto(c_out).map((o) => {
          const [x, y] = c.at([o, 0]);
          return radio(words.output(o), o, c_out, (output) => set({ output }), [
            hit([mx, y], LABEL + w * c_in, cell),
            write(x - 6, y + cell / 2 + 4, o, "row"),
          ]);
        }),
      );
    }
    [
      [map, place],
      [list, output],
    ].forEach(([group, chosen]) => check([...group.children], chosen));
    picture.setAttribute("class", `ln-ink${ink}`);
    stage.setAttribute("viewBox", `0 0 ${width} ${first - 34 + (inner ? drop * (2 - side) : 0)}`);
    picture.replaceChildren(
      write(0, 14, heads[0], "head"),
      write(0, 32, words.pickPosition),
      write(0, TOP - 7, words.outputMap),
      write(bx, by - 7, words.inputMap),
      write(...(side ? [mx - 36, (TOP + under) / 2 + 8] : [long / 2, under + 36]), "×", "times"),
      write(mx, my + 14, heads[1], "head"),
      write(mx, my + 32, words.pickRow),
      ...upto(c_in)
        .filter((i) => w > 20 || i % 2 === 0)
        .map((i) => write(c.at([0, i + 0.5])[0], my + TOP - 7, i, "column")),
      a.lines(size),
      a.boxes(
        spots.filter((_, k) => k !== place),
        4,
      ),
      a.boxes([[y, x]]),
      b.lines([SIDE, SIDE]),
      b.boxes(cells(patch)),
      b.crosses(cells(unread)),
      ...matrix(c, rows, c_in, [output], 8),
      ...steps.map((step, k) =>
        miniature(
          1 + 280 * k * side,
          first + drop * k * !side,
          step,
          k ? inner : c_in,
          k ? [output] : steps[1].rows[output],
        ),
      ),
    );
  };
}
