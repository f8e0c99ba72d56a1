// A block's flow to scale: layers as boxes, ways that fork and meet; along a line or down the page.
import { svg, upto } from "../kit/shared.js";
import { words } from "./words.js";

export const INK = [0, 1, 2, 2, 3, 3, 9].map((ink) => `ln-ba-box ln-ink${ink}`);
export const times = (size) => (typeof size === "number" ? `${size}×${size}` : size);
export const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);
const path = (d, name) => svg("path", { d, class: name });
const text = (x, y, said, name, side = 0) => svg("text", { x, y, text: said, class: `ln-ba-t${side} ${name}` });
const most = (list, of) => Math.max(...list.map(of));

/** A flow at `s` pixels a channel, with `gap` more between layers. `len` is the room that it takes along, `up` and
    `down` on both sides of its middle; `put(a, b)` draws into `out` from a, b on. Where it is tall, along is down the
    page. */
function plan({ rows, flow, ends }, tall, s, gap, out) {
  const at = (a, b) => (tall ? [b, a] : [a, b]),
    half = (c) => Math.max((c * s) / 2, 0.5),
    bend = tall ? 26 : 32;
  const wide = (lines) => 7.2 * most(lines, (line) => `${line}`.length) + 9,
    high = (lines) => 14 * lines.length + 8;

  /** Room for what is c channels thick, with a label on one side. */
  function room(lines, c, side) {
    const [len, aside] = at(wide(lines), high(lines)),
      near = half(c) + aside,
      far = half(c) + (tall ? 30 : 18);
    return side < 0 ? { len, up: near, down: far } : { len, up: far, down: near };
  }
  const label = (lines, a, b, side) =>
    out.marks.push(
      ...lines.map((line, i) =>
        text(
          ...(tall
            ? [b + 7 * side, a + 11 + 14 * i - 7 * lines.length]
            : [a, b + (side < 0 ? 14 * (i + 1 - lines.length) - 7 : 16 + 14 * i)]),
          line,
          i ? "" : "ln-ba-c",
          tall ? side : 0,
        ),
      ),
    );

  function ribbon(a, b, a2, b2, [c, size], side) {
    const h = half(c),
      mid = (a + a2) / 2,
      edge = (from, y, to, y2) => `${at(from, y)}C${at(mid, y)} ${at(mid, y2)} ${at(to, y2)}`;
    const over = edge(a, b - h, a2, b2 - h),
      under = edge(a2, b2 + h, a, b + h);
    out.flow.push(
      path(`M${over}L${under}z`, "ln-ba-flow ln-quiet"),
      path(`M${over}M${under}`, `ln-ba-edge ln-ba-n${size}`),
    );
    if (!side || a2 - a < (tall ? 16 : wide([c]) - 8)) return;
    const inside = 2 * h > (tall ? wide([c]) : 15),
      [x, y] = at(mid, inside ? b : b - side * (h + 4));
    out.marks.push(text(x, y + (inside || tall ? 4 : side < 0 && 9), c, "ln-ba-c", tall && !inside ? -side : 0));
  }
  function layer(i, side) {
    const [[name, , ...lines], kind, kernel, groups, cIn, cOut, size] = rows[i],
      c = Math.max(cIn, cOut),
      long = 12 + 6 * (kernel || 1);
    const { len: least, up, down } = room(lines, c, side),
      len = Math.max(long + 30, least) + gap,
      p = half(cIn),
      q = half(cOut);
    return {
      len,
      up,
      down,
      end: [cOut, size],
      put(a, b) {
        const from = a + (len - long) / 2,
          to = from + long,
          line = (t, u = t) => `M${at(from, b + p * t)}L${at(to, b + q * u)}`;
        const parts = Math.min(groups, Math.floor(Math.min(p, q) / 1.5)),
          cuts = upto(parts)
            .map((j) => line((2 * j) / parts - 1))
            .slice(1);
        if (name === "shuffle") cuts.push(...[-5, 1, -3, 3, -1, 5].map((u, j) => line((2 * j - 5) / 6, u / 6)));
        const shapes = [
          path(`${line(-1)}L${at(to, b + q)}L${at(from, b + p)}z`, INK[kind]),
          path(cuts.join(""), `ln-ba-cut ln-quiet ${INK[kind]}`),
        ];
        const [x, y] = at(a, b - up),
          [width, height] = at(len, up + down);
        out.boxes[i] = [svg("rect", { x, y, width, height, class: "ln-ba-hit" }), ...shapes];
        label(lines, a + len / 2, b + side * half(c), side);
        return [from, to];
      },
    };
  }
  const tail = (lines, end, last) => ({
    ...room(lines, end[0], -1),
    end,
    put(a, b) {
      label(lines, a + this.len / 2, b - half(end[0]), -1);
      return [last ? a + this.len : a, a];
    },
  });
  /** Ways side by side: concatenated ones in their order, gates below the map that they multiply, shortcuts above. */
  function fork([join, trunk, c, lines, ...ways], start) {
    const stacked = join === "concatenate",
      gate = join === "multiply";
    const laid = ways.map(([own, ...items], k) =>
      seq(items, [own, start[1]], (stacked ? k === ways.length - 1 : gate && k !== trunk) ? 1 : -1),
    );
    const word = tail(lines, [c, laid[trunk].end[1]]),
      inner = most(laid, (way) => way.len);
    let { up, down } = laid[trunk],
      all = -8;
    const middles = laid.map((way, k) => {
      const across = way.up + way.down + 8;
      if (stacked) return (all += across) - way.down;
      if (k === trunk) return 0;
      return gate ? (down += across) - way.down : way.up - (up += across);
    });
    if (stacked) up = down = all / 2;
    /** Where widths lie on top of each other, or all in the middle. */
    function heap(on, widths) {
      let b = -sum(widths, half);
      return widths.map((own) => on && (b += 2 * half(own)) - half(own));
    }
    const starts = heap(
        ways.some(([own]) => own !== start[0]),
        ways.map(([own]) => own),
      ),
      stops = heap(
        stacked,
        laid.map((way) => way.end[0]),
      );
    return {
      len: inner + 2 * bend + word.len,
      up: Math.max(up, word.up),
      down: Math.max(down, word.down),
      end: word.end,
      put(a, b) {
        const first = a + bend,
          last = first + inner,
          end = last + bend,
          [cx, cy] = at(end, b);
        for (const k of upto(ways.length).sort((i, j) => (i === trunk) - (j === trunk))) {
          const middle = b + middles[k] - (stacked && all / 2);
          ribbon(a, b + starts[k], first, middle, [ways[k][0], start[1]]);
          laid[k].put(first, middle, inner);
          ribbon(last, middle, end, b + stops[k], laid[k].end);
        }
        out.marks.push(
          ...(stacked
            ? [path(`M${at(end, b - half(c))}L${at(end, b + half(c))}`, "ln-ba-bar")]
            : [svg("circle", { cx, cy, r: 9, class: "ln-ba-join" }), text(cx, cy + 4, gate ? "×" : "+", "ln-ba-c")]),
        );
        word.put(end, b);
        return [a, end];
      },
    };
  }
  function seq(items, end, side, whole) {
    const parts = whole ? [tail([words.input, times(end[1])], end)] : [],
      last = () => parts.at(-1)?.end ?? end;
    for (const item of items) parts.push(Array.isArray(item) ? fork(item, last()) : layer(item, side));
    if (whole) parts.push(tail([words.output, times(last()[1])], last(), true));
    const reach = (way) =>
        Math.max(
          half(end[0]),
          most(parts, (part) => part[way]),
        ),
      len = sum(parts, (part) => part.len) + 12;
    return {
      len,
      up: reach("up") + (tall && !parts.length && 26),
      down: reach("down"),
      end: last(),
      put(a, b, width) {
        const loose = (width - len + 12) / (parts.length + 1);
        let pen = whole ? NaN : a,
          x = a,
          map = end;
        for (const part of parts) {
          const [from, to] = part.put((x += loose), b);
          if (from > pen) ribbon(pen, b, from, b, map, side);
          [pen, x, map] = [to, x + part.len, part.end];
        }
        if (!whole) ribbon(pen, b, a + width, b, map, tall && !parts.length ? -side : side);
      },
    };
  }
  return seq(flow, ends, -1, true);
}

/** Room for every state of a block, so that nothing jumps: pixels a channel, the view, and a function that draws one
    state. Where a line is too long, blocks are tall; where that is too wide, they are made smaller. */
export function fit(blocks, width) {
  const size = (tall, s, gap) =>
    ["up", "down", "len"].map((side) => most(blocks, (block) => plan(block, tall, s, gap)[side]));
  const least = size(false, 0, 0)[2],
    tall = least > width,
    room = tall ? Math.min(width, 480) : 300,
    gap = tall ? 0 : Math.min((width - least) / 16, 44);
  let scale = 0.05;
  for (let step = 4; step > 1e-4; step /= 2) {
    const [up, down] = size(tall, scale + step, gap);
    if (up + down <= room) scale += step;
  }
  const [up, down, len] = size(tall, scale, gap),
    wide = tall ? Math.max(width, up + down) : width;
  return {
    scale: (scale * width) / wide,
    view: `0 0 ${wide} ${tall ? len : up + down}`,
    draw(block) {
      const out = { flow: [], marks: [], boxes: [] };
      plan(block, tall, scale, gap, out).put(tall ? 0 : (width - len) / 2, tall ? (wide + up - down) / 2 : up, len);
      return out;
    },
  };
}
