// Where a block's flow lies: layers as boxes, bands between them, ways that fork and meet. Height is channels, and what
// goes back is the size of a map.
import { words } from "./words.js";

// Where one step back leads: to the right and up.
const BACK = [0.8, 0.5];
export const LINE = 13;
export const most = (list, of) => Math.max(0, ...list.map(of));

/** A map's side; of one that is no square, that of a square as large. */
export const side = (size) => (size > 0 ? size : Math.sqrt(size.split("×").reduce((a, b) => a * b)));

/** What a piece of the flow looks like, from `[x, middle, half its height, how far back]` to another: its front and its
    top. `bent` ways curve; of a `solid` piece that rises steeply the top is hidden. */
export function faces([[x0, b0, h0, d0], [x1, b1, h1, d1]], bent, solid) {
  const at = (x, y, d = 0) => `${x + BACK[0] * d} ${y - BACK[1] * d}`,
    [p0, p1] = bent ? [(x0 + x1) / 2, (x0 + x1) / 2] : [x0, x1],
    [a, b] = [b0 - h0, b1 - h1],
    shown = !solid || (a - b) * BACK[0] < (x1 - x0) * BACK[1];
  const there = `M${at(x0, a)}C${at(p0, a)} ${at(p1, b)} ${at(x1, b)}`;
  /** There along the upper edge, and back along another. */
  const face = (c, e, z, d) => `${there}L${at(x1, c, e)}C${at(p1, c, e)} ${at(p0, z, d)} ${at(x0, z, d)}z`;
  return [face(b1 + h1, 0, b0 + h0, 0), face(b, shown * d1, a, shown * d0)];
}

/** A flow at `s` pixels a channel and `z` a position of a map's side, with `lines` of words below each box and lengths
    times `f`. `len` is the least width, `up` and `down` what it needs on both sides of its middle; `put(x, middle,
    width)` draws into `out`. */
export function plan({ rows, flow, ends }, { s, z, f, lines }, out) {
  const half = (c) => Math.max((c * s) / 2, 0.6),
    corner = (x, b, [c, size]) => [x, b, half(c), z * side(size)],
    above = ([c, size]) => half(c) + Math.max(BACK[1] * z * side(size), 15);

  function layer(i, from, map) {
    const [[name], , kernel, , cIn, cOut, size] = rows[i],
      long = (8 + 4 * (kernel || 1)) * f,
      end = [cOut, size];
    return {
      len: long + 16 * f,
      columns: 1,
      up: Math.max(above(map), above(end)),
      down: half(Math.max(cIn, cOut)) + LINE * lines + 5,
      end,
      name,
      put(x, b, width) {
        const a = x + (width - long) / 2;
        out.push({
          i,
          layer: 1,
          kind: name,
          ink: rows[i][1],
          from,
          x,
          width,
          ends: [corner(a, b, map), corner(a + long, b, end)],
        });
        return [a, a + long];
      },
    };
  }

  /** Ways side by side: the trunk goes straight on, others run above it, where they meet in their order. */
  function fork([join, trunk, c, [name], ...ways], start, from) {
    const bend = 20 * f,
      laid = ways.map(([own, ...items]) => seq(items, [own, start[1]], from, 6 * f)),
      end = [c, laid[trunk].end[1]],
      middles = [];
    let { up, down } = laid[trunk],
      stop = -half(c);
    for (let k = ways.length; k--; ) middles[k] = k === trunk ? 0 : laid[k].up - (up += laid[k].up + laid[k].down + 8);
    const stops = laid.map((way) => join === "concatenate" && (stop += 2 * half(way.end[0])) - half(way.end[0]));
    return {
      len: most(laid, (way) => way.len) + 2.4 * bend,
      columns: most(laid, (way) => way.columns),
      up: Math.max(up, above(end)),
      down,
      end,
      name,
      put(x, b, width) {
        const last = x + width - 0.4 * bend;
        laid.forEach((way, k) => {
          const middle = b + middles[k],
            map = [ways[k][0], start[1]];
          const bent = (...ends) => out.push({ layer: 0, ends });
          bent(corner(x, b, map), corner(x + bend, middle, map));
          bent(corner(last - bend, middle, way.end), corner(last, b + stops[k], way.end));
          way.put(x + bend, middle, last - x - 2 * bend, start[0]);
        });
        out.push({
          layer: 2,
          sign: { add: "⊕", multiply: "⊗" }[join] ?? "",
          ends: [corner(last, b, end)],
        });
        return [x, last];
      },
    };
  }

  /** One after the other; `told` is the number of channels that was said last. */
  function seq(items, start, from, stub) {
    let [end, name, len, columns] = [start, from, 2 * stub, 0];
    const parts = items.map((item) => {
      const part = item.length ? fork(item, end, name) : layer(item, name, end);
      ({ end, name } = part);
      len += part.len;
      columns += part.columns;
      return part;
    });
    return {
      len,
      columns,
      up: Math.max(
        above(start),
        most(parts, (part) => part.up),
      ),
      down: Math.max(
        half(start[0]) + 2,
        most(parts, (part) => part.down),
      ),
      end,
      put(x, b, width, told) {
        let [pen, at, map, giver] = [x, x + stub, start, from];
        const band = (till) => {
          const [c, size] = map;
          out.push({
            layer: 1,
            kind: words.band,
            c,
            size,
            from: giver,
            x: pen,
            width: till - pen,
            told: c === told,
            ends: [corner(pen, b, map), corner(till, b, map)],
          });
          told = c;
        };
        for (const part of parts) {
          const room = part.len + ((width - len) * part.columns) / columns,
            [till, next] = part.put(at, b, room);
          band(till);
          at += room;
          [pen, map, giver] = [next, part.end, part.name];
        }
        band(x + width);
      },
    };
  }
  return seq(flow, ends, words.input, 30 * f);
}

/** The scale on which every one of some blocks' states has room, so that nothing jumps and all can be held against each
    other: pixels a channel and a position, and for each block its middle and its lengths' factor. */
export function fit(blocks, width, height, lines) {
  const all = blocks.flat(),
    z = Math.min(25, height / 8) / most(all, ({ ends }) => side(ends[1]));
  // Heights grow with the scale, and ever faster: what is reckoned from a larger scale is never too much.
  const s = Math.min(
    1,
    ...all.map((block) => {
      const [least, more] = [0, 1].map((s) => {
        const { up, down } = plan(block, { s, z, f: 1, lines });
        return up + down;
      });
      return (height - least) / (more - least);
    }),
  );
  return blocks.map((own) => {
    const plans = own.map((block) => plan(block, { s, z, f: 1, lines })),
      [up, down, len] = ["up", "down", "len"].map((key) => most(plans, (one) => one[key]));
    return { s, z, lines, f: Math.min(1, width / len), middle: up + (height - up - down) / 2 };
  });
}
