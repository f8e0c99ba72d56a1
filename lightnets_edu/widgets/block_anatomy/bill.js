// What a block costs, as bars: parameters and multiply-adds, each cut into the layers, and these named.
export const BAR = 11;
export const STEP = 15; // from bar to bar
const TOTAL = 132; // pixels for the total behind a bar

/** For each layer its two pieces `[x, width]`, and where its name's middle is, if it has a cost and names have room; and
    the bars' ends. `most` is what the bars may hold. */
export function bill(rows, most, width) {
  const ends = [0, 0],
    long = rows.map((row) => row[7] + row[8] && 6.3 * row[0][0].length),
    gap = Math.min(18, (width - long.reduce((a, b) => a + b)) / rows.length);
  let pen = 0;
  const layers = rows.map((row, i) => {
    const pieces = ends.map((x, k) => [x, (row[7 + k] * (width - TOTAL)) / (most[k] || 1)]);
    pieces.forEach(([, own], k) => (ends[k] += own));
    if (!long[i] || gap < 6) return pieces;
    pen += long[i] + gap;
    return [...pieces, pen - gap - long[i] / 2];
  });
  return { layers, ends };
}
