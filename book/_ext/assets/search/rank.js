/* Finds sections and orders them. MiniSearch finds the words, field by field; here a query becomes words that may stand
   for one another, and what holds more of it, and closer together, comes first. */
(() => {
  "use strict";
  const { words, asked } = bookSearch;
  const FIELDS = { title: 4, names: 7, page: 1.5, above: 1.5, text: 1, code: 0.1 };
  const BM25 = { k: 2.2, b: 0.5, d: 0.5 }; // a word said often counts more than once, a long section a little less
  const LIKE = 0.8; // what a word that means the same counts, beside the word itself
  const BEGUN = 0.6; // what a longer word counts, of which one begins
  const ENOUGH = 12; // a score of one word that counts half of what it can: several words beat one in a heading
  const NEAR = 12; // words between two that stand together
  const LOOKED_AT = 60; // hits whose words are looked at one by one
  const SNIPPET = 190; // letters

  /** The index, from what the build wrote: {pages, sections, groups}. Later, without holding the page up. */
  async function index({ pages, sections, groups }) {
    const vocabulary = new Map(); // plain word: stem
    const tokens = (text) =>
      words(text).map((word) => {
        vocabulary.set(word.plain, word.stem).set(word.american, word.stem);
        return word.stem;
      });
    // identifiers as they are written, and their parts: ShuffleUnit is found by shuffle
    const parts = (text) => `${text} ${text.replace(/([a-z\d])(?=[A-Z])/g, "$1 ")}`;
    const store = new MiniSearch({ fields: Object.keys(FIELDS), tokenize: tokens, processTerm: (term) => term });
    const hits = sections.map(([page, anchor, kind, level, weight, title, above, names, text, code], id) => {
      const [url, pageTitle] = pages[page];
      return { id, url, page: pageTitle, weight, anchor, kind, level, title, above, names, text, code };
    });
    await store.addAllAsync(
      hits.map(({ id, page, title, above, names, text, code, level }) => ({
        id,
        title,
        names: names.join(" · "),
        page: level === 1 ? "" : page,
        above: above.join(" · "),
        text,
        code: parts(code),
      })),
      { chunkSize: 20 }, // between these a reader's keys are heard
    );
    const alike = groups.map((group) => group.map((name) => words(name).map((word) => word.stem)));
    const stems = new Set(vocabulary.values());
    return { store, hits, vocabulary, stems, alike };
  }

  /** What MiniSearch finds for a query of stems. */
  function look(book, query, options) {
    return book.store.search(query, { boost: FIELDS, bm25: BM25, tokenize: (stem) => [stem], ...options });
  }

  /** The longer words that a reader may be about to type; one letter begins none. */
  function begun(book, word) {
    if (word.length < 2) return [];
    const longer = new Set();
    for (const [plain, root] of book.vocabulary) if (plain.startsWith(word)) longer.add(root);
    return [...longer].sort((a, b) => a.length - b.length).slice(0, 24);
  }
  /** Two known words that one was written of: batchnorm, norm2d aside. */
  function halves(book, word) {
    for (let cut = word.length - 2; cut >= 2; cut--) {
      const parts = [word.slice(0, cut), word.slice(cut)];
      const two = parts.map((part) => (part.length > 2 || /\d/.test(part) ? book.vocabulary.get(part) : null));
      if (two.every((part) => part)) return two;
    }
    return null;
  }
  /** Whether stems stand in a list of stems at a place, side by side. */
  const stands = (list, at, part) => part.every((one, i) => list[at + i] === one);

  /** A query as the things that it asks for; each with ways to say it, {counts, stems}: stems side by side; or, of a word
      that the book does not have, {counts, near}. */
  function things(book, query) {
    const typed = asked(query);
    const roots = typed.map((word) => word.stem);
    const unfinished = /[\p{L}\p{N}]$/u.test(query);
    return typed.map((word, at) => {
      const ways = book.stems.has(word.stem) ? [{ counts: 1, stems: [word.stem] }] : [];
      const longer = unfinished && at === typed.length - 1 ? begun(book, word.plain) : [];
      ways.push(...longer.map((one) => ({ counts: BEGUN, stems: [one] })));
      const two = word.plain.length > 5 && halves(book, word.plain);
      if (two) ways.push({ counts: 1, stems: two });
      const joined = at + 1 < typed.length && book.vocabulary.get(word.plain + typed[at + 1].plain);
      if (joined) ways.push({ counts: LIKE, stems: [joined] });
      for (const group of book.alike)
        for (const name of group.filter((name) => stands(roots, at, name)))
          ways.push(...group.filter((other) => other !== name).map((stems) => ({ counts: LIKE, stems })));
      if (!ways.length && word.plain.length > 3) ways.push({ counts: LIKE, near: word.stem });
      return { word, ways };
    });
  }

  /** The stems of all that a section says, once reckoned. */
  function said(hit) {
    hit.said ??= words([hit.title, ...hit.names, hit.text, hit.code].join(" | ")).map((word) => word.stem);
    return hit.said;
  }
  const holds = (hit, stems) => said(hit).some((_, at, list) => stands(list, at, stems));

  /** The scores of a thing by section, and what stands for it: lists of stems. */
  function weigh(book, { ways }) {
    const scores = new Map();
    const marks = [];
    for (const { counts, stems, near } of ways) {
      const query = near ?? { combineWith: "AND", queries: stems };
      for (const { id, score, terms } of look(book, query, near ? { fuzzy: 0.25, maxFuzzy: 2 } : {})) {
        if (stems?.length > 1 && !holds(book.hits[id], stems)) continue;
        scores.set(id, Math.max(scores.get(id) ?? 0, counts * score));
        if (near) marks.push(...terms.map((term) => [term]));
      }
      if (!near) marks.push(stems);
    }
    return { scores, marks: [...new Map(marks.map((one) => [one.join(" "), one])).values()] };
  }

  /** How well the things of a query stand together in a list of stems, from 0 to 1: side by side in their order best. */
  function together(list, wanted) {
    if (wanted.length < 2) return 0;
    const seen = wanted.map(() => -Infinity);
    const best = wanted.slice(1).map(() => 0);
    list.forEach((root, at) => {
      wanted.forEach(({ first }, i) => {
        if (!first.has(root)) return;
        seen[i] = at;
        if (i > 0) best[i - 1] = Math.max(best[i - 1], 1 / Math.max(1, at - seen[i - 1]));
        if (i < best.length && at - seen[i + 1] <= NEAR)
          best[i] = Math.max(best[i], 0.5 / Math.max(1, at - seen[i + 1]));
      });
    });
    return best.reduce((sum, one) => sum + one, 0) / best.length;
  }

  const same = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);

  /** For a query the sections, best first; the marks, lists of stems that stand for what was asked; the words that no
      section has, and those that were taken for others like them. */
  function find(book, query) {
    const all = things(book, query).map((thing) => ({ ...thing, ...weigh(book, thing) }));
    const wanted = all.filter(({ scores }) => scores.size);
    const told = (list) => list.map(({ word }) => word.plain);
    const missing = told(all.filter(({ scores }) => !scores.size));
    const near = told(wanted.filter(({ ways }) => ways[0].near));
    const scores = new Map();
    let whole = 0;
    for (const one of wanted) {
      const rare = Math.log(1 + book.hits.length / one.scores.size);
      one.first = new Set(one.marks.map(([first]) => first));
      whole += rare;
      for (const [id, score] of one.scores) {
        const now = scores.get(id) ?? { sum: 0, held: 0 };
        scores.set(id, { sum: now.sum + (rare * score) / (score + ENOUGH), held: now.held + rare });
      }
    }
    const typed = wanted.map(({ word }) => word.stem);
    const best = (a, b) => b.score - a.score || a.hit.id - b.hit.id;
    const found = [...scores].map(([id, { sum, held }]) => {
      const hit = book.hits[id];
      return {
        hit,
        held: held / whole,
        score: (sum * Math.sqrt(held) * hit.weight * (hit.level === 1 ? 1.25 : 1)) / whole,
      };
    });
    for (const one of found.sort(best).slice(0, LOOKED_AT)) {
      const { title, names } = one.hit;
      const inTitle = together(
        asked(title).map((word) => word.stem),
        wanted,
      );
      one.score *= 1 + 1.2 * Math.max(together(said(one.hit), wanted), inTitle) + 0.5 * inTitle;
      if (
        [title, ...names].some((name) =>
          same(
            asked(name).map((word) => word.stem),
            typed,
          ),
        )
      )
        one.score *= 3;
    }
    const most = Math.max(...found.map(({ held }) => held));
    const kept = found.sort(best).filter(({ held }) => held > 0.3 * most);
    return { hits: kept.map(({ hit }) => hit), marks: wanted.flatMap(({ marks }) => marks), missing, near };
  }

  /** The words of a text that are marked: each a run of words as asked for. */
  function met(all, marks) {
    const begin = new Map();
    for (const mark of marks) begin.set(mark[0], [...(begin.get(mark[0]) ?? []), mark]);
    const roots = all.map((word) => word.stem);
    const found = [];
    for (let at = 0; at < all.length; at++) {
      const fit = (begin.get(roots[at]) ?? []).filter((mark) => stands(roots, at, mark));
      if (!fit.length) continue;
      const long = Math.max(...fit.map((mark) => mark.length));
      for (const word of all.slice(at, at + long)) if (found.at(-1) !== word) found.push(word);
    }
    return found;
  }

  /** A text as parts, [words, whether they are marked]. */
  function marked(text, marks) {
    const parts = [];
    let end = 0;
    for (const { from, to } of met(words(text), marks)) {
      if (from < end) continue;
      if (from > end) parts.push([text.slice(end, from), false]);
      parts.push([text.slice(from, to), true]);
      end = to;
    }
    if (end < text.length) parts.push([text.slice(end), false]);
    return parts;
  }

  /** The place of a section that shows most of what was asked, in parts; of its code where its text has nothing. */
  function snippet({ text, code }, marks) {
    const source =
      !met(words(text), marks).length && met(words(code), marks).length ? code.replaceAll(" ", ", ") : text;
    const all = words(source);
    const found = met(all, marks);
    let [most, place] = [0, 0];
    found.forEach(({ from }, i) => {
      const inside = found.slice(i).filter(({ to }) => to < from + SNIPPET * 0.7);
      const value = new Set(inside.map((word) => word.stem)).size + inside.length / 100;
      if (value > most) [most, place] = [value, from];
    });
    let from = 0;
    if (place > SNIPPET * 0.4 && source.length > SNIPPET * 1.2) {
      const begin = source.slice(0, place).search(/[.!?]\s+(?=[^.!?]*$)/);
      const near = begin >= 0 && place - begin < SNIPPET * 0.5;
      from = near ? begin + 2 : all.find((word) => word.from >= place - SNIPPET * 0.3).from;
    }
    const to =
      source.length > from + SNIPPET * 1.2 ? all.filter((word) => word.to <= from + SNIPPET).at(-1).to : source.length;
    const parts = marked(source.slice(from, to).trim(), marks);
    if (from > 0 && !/[.!?]\s+$/.test(source.slice(0, from))) parts.unshift(["… ", false]);
    if (to < source.length) parts.push([" …", false]);
    return parts;
  }

  /** The words of a hit that were found, as its page writes them. */
  function spelled({ title, text, code, names }, marks) {
    const found = met(words(`${title} | ${names.join(" | ")} | ${text} | ${code}`), marks);
    return [...new Map(found.map((word) => [word.stem, word.plain])).values()].slice(0, 12);
  }

  /** Hits as they are shown: runs of one page, {page, hits}. The first three keep their places, those behind them join
      the hits of their page. */
  function grouped(hits) {
    const runs = [];
    const open = new Map();
    hits.forEach((hit, at) => {
      const last = runs.at(-1);
      let run = at < 3 ? (last?.url === hit.url ? last : null) : open.get(hit.url);
      if (!run) runs.push((run = { url: hit.url, page: hit.page, hits: [] }));
      run.hits.push(hit);
      if (at >= 2) open.set(hit.url, run);
    });
    return runs;
  }

  Object.assign(bookSearch, { index, find, grouped, marked, snippet, spelled });
})();
