"""Asks the site's search as a page does, in node: the script and the words that the build writes."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

ASK = """
const { readFileSync } = require("node:fs");
const { static: folder, queries, order } = JSON.parse(readFileSync(0, "utf-8"));
for (const name of ["module", "exports"]) delete globalThis[name];    // a page has none
for (const name of ["search.js", "search-words.js"])
  require("node:vm").runInThisContext(readFileSync(`${folder}/${name}`, "utf-8"), { filename: name });
(async () => {
  const book = await bookSearch.index(bookSearchWords);
  const place = (hit) => `${hit.url}#${hit.anchor}`;
  const answers = queries.map((query) => {
    const { hits, marks, missing, near } = bookSearch.find(book, query);
    const runs = order && bookSearch.grouped([...order].map((url) => ({ url, page: url }))).map((run) => run.hits.map((hit) => hit.url).join(" "));
    const shown = bookSearch.grouped(hits).flatMap((run) => run.hits).slice(0, 12);
    return { missing, near, runs, hits: shown.map((hit) => ({
      place: place(hit), title: hit.title, snippet: bookSearch.snippet(hit, marks), words: bookSearch.spelled(hit, marks) })) };
  });
  process.stdout.write(JSON.stringify(answers));
})();
"""


def ask(static: Path, queries: list[str], order: str = "") -> list[dict]:
    """The answers of a built site's search: hits as they are shown, the words that are missing, those that were guessed."""
    sent = json.dumps({"static": str(static), "queries": queries, "order": order})
    run = subprocess.run(["node", "-e", ASK], input=sent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def asked(search, pages: dict[str, str], queries: list[str], order: str = "") -> list[dict]:
    """The answers for pages that are no site yet."""
    with TemporaryDirectory() as folder:
        search.write_script(Path(folder))
        search.write_words(Path(folder), pages)
        return ask(Path(folder), queries, order)
