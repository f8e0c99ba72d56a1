// Drawings that change into each other, and two of them on one scale.

/** The same node for the same thing, so that what moves can glide (`ln-glide`): gives a function that puts the nodes of
    some keys into `parent`, makes those that are new, and takes away the others. */
export function keep(parent, make) {
  const kept = new Map();
  return (keys) => {
    for (const [key, node] of kept)
      if (!keys.includes(key)) {
        node.remove();
        kept.delete(key);
      }
    return keys.map((key) => {
      if (!kept.has(key)) {
        kept.set(key, make(key));
        parent.append(kept.get(key));
      }
      return kept.get(key);
    });
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
