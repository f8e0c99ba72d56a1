// Two drawings on one scale.

/** Where two drawings of one height stand, `{ x, y, width }` each: side by side, or the one below the other where
    neither would have `least`. They are drawn on one scale: that of the larger. */
export function sides(width, height, least, gap = 24) {
  const half = (width - gap) / 2;
  return [0, 1].map((i) =>
    half < least ? { x: 0, y: i * (height + gap), width } : { x: i * (half + gap), y: 0, width: half },
  );
}
