/* Which words are the same to the search: one stem for plural and other endings, for British and American spelling, for
   1x1 and 1×1, for α and alpha. What a stem looks like is nobody's business but this file's. */
(() => {
  "use strict";
  const WORD = /\d+(?:,\d{3})+|\d+\.\d+|[\dA-Z]+(?:\s?×\s?[\dA-Z]+)+|\d+(?:\sx\s\d+)+|[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;
  const GREEK = {
    α: "alpha",
    β: "beta",
    γ: "gamma",
    δ: "delta",
    ε: "epsilon",
    ϵ: "epsilon",
    η: "eta",
    θ: "theta",
    λ: "lambda",
    μ: "mu",
    π: "pi",
    ρ: "rho",
    σ: "sigma",
    τ: "tau",
    φ: "phi",
    ϕ: "phi",
    χ: "chi",
    ψ: "psi",
    ω: "omega",
  };
  // American on the right. Both sides of a comparison go through it, so that what it spoils is spoilt in both
  const SPELLINGS = [
    [/our(s|ed|ing|al|ful|ite|able|hood)?$/, "or$1"],
    [/is(e|ed|es|er|ers|ing|ation|ations)$/, "iz$1"],
    [/ys(e|ed|es|er|ers|ing)$/, "yz$1"],
    [/tre(s|d)?$/, "ter$1"],
    [/ogue(s)?$/, "og$1"],
    [/ence(s)?$/, "ense$1"],
    [/^grey/, "gray"],
    [/^artefact/, "artifact"],
  ];
  const COMPARED = /^(cheap|deep|fast|few|great|high|light|long|low|narrow|new|short|slow|small|thin|weak)(?:er|est)$/;
  const KEPT = new Set(["embed", "during", "nothing", "something", "anything", "everything", "bias", "canvas"]);
  const STOP = new Set(
    `a about after all also am an and any are as at be because been before being between but by can could did do does doing done for
    from get give given go got had has have having here how i if in into is isn it its itself just let like made make
    makes many may me mean means meant might more most much must my need needs no nor not of off on only or other our out
    over own s say says see shall should so some such t take takes than that the their them then there these they thing
    this those through to too under up us use used uses using versus very vs want was way we were what when where whether which
    while who whose why will with without work works would you your`.split(/\s+/),
  );

  /** A word without case, accents and apostrophes; 1 × 1 as 1x1, 1,000 as 1000, α as alpha. */
  function plain(word) {
    const low = word.toLowerCase().replace(/[αβγδεϵηθλμπρστφϕχψω]/g, (letter) => GREEK[letter]);
    return low
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/['’]s$|['’,\s]/g, "")
      .replace(/×/g, "x");
  }

  /** A plain word in American spelling. */
  const american = (word) => SPELLINGS.reduce((now, [theirs, ours]) => now.replace(theirs, ours), word);

  /** The ending of a plain word taken off. */
  function stem(word) {
    if (word.length < 4 || /\d/.test(word) || KEPT.has(word)) return word;
    let root = american(word.replace(COMPARED, "$1"));
    root = root.replace(/(?<=..)(?:ies|ied)$/, "y").replace(/(?<=x|ch|sh|ss|zz)es$/, "");
    if (!/(?:ss|us|is)$/.test(root)) root = root.replace(/s$/, "");
    const bare = root.replace(/(?<!e)ed$|ing$/, "");
    if (bare !== root && bare.length > 2 && /[aeiouy]/.test(bare)) root = bare.replace(/([bdfgmnprt])\1$/, "$1");
    return root.replace(/ll/g, "l").replace(/(?<=..)e$/, "");
  }

  const known = new Map(); // what a word as it is written comes to: a book has few words
  function knownAs(word) {
    let found = known.get(word);
    if (!found) {
      const low = plain(word);
      found = [low, stem(low), american(low)];
      known.set(word, found);
    }
    return found;
  }

  /** The words of a text, each {from, to, plain, stem, american}. */
  function words(text) {
    return Array.from(text.matchAll(WORD), ({ 0: word, index }) => {
      const [low, root, other] = knownAs(word);
      return { from: index, to: index + word.length, plain: low, stem: root, american: other };
    });
  }

  /** The words of a query that say something; all of them where none does. */
  function asked(query) {
    const all = words(query.slice(0, 300)).slice(0, 30);
    const telling = all.filter((word) => !STOP.has(word.plain));
    return telling.length ? telling : all;
  }

  globalThis.bookSearch = { words, asked, stem: (word) => knownAs(word)[1] };
})();
