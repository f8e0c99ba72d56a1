// Where the maps of both blocks stand in a drawing: reckoned from its width and the largest map alone.
import { upto } from "../kit/shared.js";

const MOST = 256; // channels
const FOOT = 45; // words and a bar below a map
const ROOM = 12; // for a hand above a map's corner
const TITLE = 5;
const squares = (pixels, one) => pixels.map(one).join("");

/** At a width, for the sizes of the maps of each block, of at most `deep` channels. */
export function layout(width, blocks, deep) {
  const across = width < 500 ? 3 : 6,
    side = Math.max(...blocks.flat(2)),
    slot = width / across,
    far = Math.min(0.22 * slot, 46),
    pixel = Math.min((slot - far - 26) / side, 88 / side);
  let top = 0;
  /** Where each map's lower left corner stands. */
  const corners = blocks.map((sizes) => {
    top += TITLE;
    return sizes.map((_, i) => {
      if (i % across === 0)
        top += ROOM + 0.6 * far + FOOT + pixel * Math.max(...sizes.slice(i, i + across).map(([height]) => height));
      return [(i % across) * slot, top - FOOT];
    });
  });
  const depth = (channels) => (far * channels) / Math.max(MOST, deep);
  return {
    corners,
    slot,
    height: top,
    depth,
    long: slot - 26,
    titles: corners.map(([[x, y]], b) => [
      x,
      y - pixel * Math.max(...blocks[b].slice(0, across).map(([height]) => height)) - 0.6 * far - TITLE,
    ]),
    gap: ([x, y]) => [x + slot - 12.5, y - 13],
    /** A map's front, upper side and right side; how far back they reach. */
    box([x, y], [height, width], channels) {
      const [w, h, d] = [width * pixel, height * pixel, depth(channels)],
        back = `l${d} ${-0.6 * d}`;
      return {
        front: { x, y: y - h, width: w, height: h },
        sides: `M${x} ${y - h}${back}h${w}L${x + w} ${y - h}zM${x + w} ${y - h}${back}v${h}L${x + w} ${y}z`,
        knob: [x + w + d, y - h - 0.6 * d],
      };
    },
    grid: ([x, y], [height, width]) =>
      squares(upto(height - 1), (i) => `M${x} ${y - (i + 1) * pixel}h${width * pixel}`) +
      squares(upto(width - 1), (i) => `M${x + (i + 1) * pixel} ${y}v${-height * pixel}`),
    /** Squares for some pixels, smaller by `rim`, or with a cross in each. */
    squares: ([x, y], [height], pixels, rim, cross) =>
      squares(pixels, ([r, c]) => {
        const a = pixel - 2 * rim,
          at = `M${x + c * pixel + rim} ${y - (height - r) * pixel + rim}`;
        return cross ? `${at}l${a} ${a}m${-a} 0l${a} ${-a}` : `${at}h${a}v${a}h${-a}z`;
      }),
    /** The pixel of a map that lies at a spot, or the one that is nearest. */
    at([x, y], [height, width], [left, top]) {
      const clip = (i, n) => Math.max(0, Math.min(Math.floor(i), n - 1));
      return [clip((top - y) / pixel + height, height), clip((left - x) / pixel, width)];
    },
  };
}
