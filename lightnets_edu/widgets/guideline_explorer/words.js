// All that this figure says; another language is another file of these words.
export const words = {
  figure: "Guideline explorer",
  picture: "Weights for each number of groups",
  groups: "Groups",
  shares: "As shares",
  row: (groups) => `g = ${groups}`,
  count: (count) => count,
  share: (fewer) => (fewer === 1 ? "all" : `1/${fewer}`),
  said: (groups, count, fewer) => `g = ${groups}: ${count} weights, ${words.share(fewer)} of those of one group.`,
  heads: ["groups", "weights", "share"],
};
