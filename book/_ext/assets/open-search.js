/* Opens the search: by its button, by Ctrl+K (⌘K), by “/”. What searches is loaded then, and on a page that a hit led to. */
(() => {
  "use strict";
  const places = document.getElementById("book-search-open")?.dataset;
  if (!places) return;
  const loaded = {};

  function load(address) {
    loaded[address] ??= new Promise((done, fail) => {
      const script = Object.assign(document.createElement("script"), { src: address, onload: done });
      script.onerror = () => {
        delete loaded[address];
        script.remove();
        fail(new Error(address));
      };
      document.head.append(script);
    });
    return loaded[address];
  }
  function style() {
    loaded.style ??= new Promise((done) => {
      const link = { rel: "stylesheet", href: places.styleSrc, onload: done, onerror: done };
      document.head.append(Object.assign(document.createElement("link"), link));
    });
    return loaded.style;
  }
  const words = () => load(places.wordsSrc);

  async function open() {
    try {
      await Promise.all([load(places.openSrc), style()]);
      bookSearch.open(words);
    } catch {
      location.href = `${document.documentElement.dataset.content_root}search.html`;
    }
  }

  addEventListener("click", (event) => {
    if (event.target.closest?.(".search-button__button")) open();
  });
  addEventListener("keydown", (event) => {
    const mac = /^(Mac|iPhone)/.test(navigator.platform);
    const held = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const field = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !field;
    if (!slash && !(held && !event.altKey && !event.shiftKey && /^k$/i.test(event.key))) return;
    event.preventDefault();
    open();
  });

  const page = document.getElementById("book-search-page");
  const asked = new URLSearchParams(location.search);
  if (page)
    Promise.all([load(places.openSrc), style()]).then(
      () => bookSearch.fill(page, words),
      () => page.append("The search could not be loaded. Load this page again to try once more."),
    );
  else if (asked.get("highlight"))
    Promise.all([load(places.openSrc), style()]).then(
      () => bookSearch.mark(asked.get("highlight").split(" ")),
      () => {},
    );
})();
