// Drawings that change into each other, and two of them on one scale.

/** The same node for the same thing, so that what moves can glide (`ln-glide`): gives a function from keys to their nodes,
    which makes those that are new and forgets the others. `settle` puts them into the drawing. */
export function keep(make) {
  let kept = new Map();
  return (keys) => {
    kept = new Map(keys.map((key) => [key, kept.get(key) ?? make(key)]));
    return [...kept.values()];
  };
}

/** Where two drawings of one height stand, `{ x, y, width }` each: side by side, or the one below the other where
    neither would have `least`. They are drawn on one scale: that of the larger. */
export function sides(width, height, least, gap = 24) {
  const half = (width - gap) / 2;
  return [0, 1].map((i) =>
    half < least ? { x: 0, y: i * (height + gap), width } : { x: i * (half + gap), y: 0, width: half },
  );
}
