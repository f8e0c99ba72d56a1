// Drawings that change into each other.

/** The same node for the same thing, so that what moves can glide (`ln-glide`): gives a function from keys to their
    nodes, which makes those that are new and forgets the others. `settle` puts them into the drawing. */
export function keep(make) {
  let kept = new Map();
  return (keys) => {
    kept = new Map(keys.map((key) => [key, kept.get(key) ?? make(key)]));
    return [...kept.values()];
  };
}
