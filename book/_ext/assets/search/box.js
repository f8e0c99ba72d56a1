/* What a reader sees of the search: a field and its hits, in a dialog over any page and on a page of its own. */
(() => {
  "use strict";
  const AT_ONCE = 12; // hits, before the reader asks for more
  const WAIT = 120; // milliseconds without a key, before hits are sought
  let books; // the index, made once

  function node(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  const spans = (parts) => parts.map(([text, on]) => (on ? node("mark", { class: "book-mark" }, text) : text));

  function address(hit, marks) {
    const words = bookSearch.spelled(hit, marks).join(" ");
    const root = document.documentElement.dataset.content_root ?? "./";
    return `${root}${hit.url}${words ? `?highlight=${encodeURIComponent(words)}` : ""}#${hit.anchor}`;
  }
  function follow(event, leave) {
    const link = event.currentTarget;
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && event.button === 0;
    if (!plain || link.pathname !== location.pathname || link.host !== location.host) return;
    event.preventDefault(); // it is on this page: nothing is loaded anew
    leave();
    location.hash = link.hash;
    bookSearch.mark((new URL(link.href).searchParams.get("highlight") ?? "").split(" "));
  }
  function shown(hit, marks, leave) {
    const title = spans(bookSearch.marked(hit.title, marks));
    const link = node("a", { href: address(hit, marks), onclick: (event) => follow(event, leave) });
    link.append(node("strong", {}, ...title), node("span", {}, ...spans(bookSearch.snippet(hit, marks))));
    return node("li", {}, link);
  }

  const quoted = (list) => list.map((word) => `“${word}”`).join(", ");
  /** What is said of the hits, on the page and to those who hear it. */
  function told(query, { hits, missing, near }) {
    if (!query.trim()) return "";
    if (!hits.length)
      return `No section holds ${quoted([query.trim()])}. Try fewer or other words; the glossary has those of the book.`;
    const count = hits.length === 1 ? "One section" : `${hits.length} sections`;
    return `${count}${near.length ? `, by words like ${quoted(near)}` : ""}${missing.length ? `, without ${quoted(missing)}` : ""}.`;
  }

  /** A field with its hits. `loads` brings the words of the book, `leave` is called when a hit on this page is followed. */
  function panel(loads, leave, asked = () => {}) {
    const name = `book-search-${document.querySelectorAll(".book-search").length}`;
    const field = node("input", {
      id: name,
      type: "search",
      name: "q",
      maxlength: 200,
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      "aria-describedby": `${name}-keys`,
    });
    const keys = node(
      "p",
      { class: "book-search-keys", id: `${name}-keys` },
      "Arrow keys go through the hits, Enter opens one.",
    );
    const says = node("p", { class: "book-search-says", role: "status" });
    const list = node("ol", { class: "book-search-pages" });
    const more = node("button", { type: "button", class: "book-search-more", hidden: "" }, "Show more");
    const form = node("form", { role: "search" }, node("label", { for: name }, "Search this book"));
    form.append(
      node(
        "div",
        { class: "book-search-field" },
        node("i", { class: "fa-solid fa-magnifying-glass", "aria-hidden": "true" }),
        field,
      ),
    );
    const body = node("div", { class: "book-search-hits" }, list, more);
    const all = node("div", { class: "book-search" }, form, keys, says, body);
    let timer;
    let turn = 0;
    const say = (text) => says.textContent !== text && (says.textContent = text);

    function draw({ hits, marks }, count) {
      const runs = bookSearch.grouped(hits.slice(0, count));
      list.replaceChildren(
        ...runs.map((run) => {
          const place = run.hits[0].level === 1 && run.hits.length === 1 ? [] : [node("p", {}, run.page)];
          return node("li", {}, ...place, node("ol", {}, ...run.hits.map((hit) => shown(hit, marks, leave))));
        }),
      );
      more.hidden = hits.length <= count;
    }
    async function seek() {
      const query = field.value;
      const mine = ++turn;
      asked(query);
      if (query.trim() && !books) say("Loading…");
      try {
        books ??= loads().then(() => bookSearch.index(bookSearchWords));
        const book = await books;
        if (mine !== turn) return;
        const found = bookSearch.find(book, query);
        draw(found, AT_ONCE);
        more.onclick = () => {
          const first = links().length;
          draw(found, links().length + 20);
          links()[first]?.focus();
        };
        body.scrollTop = 0;
        say(told(query, found));
      } catch {
        books = undefined;
        say("The words of the book could not be loaded. Type again to try once more.");
      }
    }
    const links = () => [...list.querySelectorAll("a")];

    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(seek, WAIT);
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearTimeout(timer);
      await seek();
      links()[0]?.focus();
    });
    all.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      const stops = [field, ...links(), ...(more.hidden ? [] : [more])];
      const at = stops.indexOf(document.activeElement);
      if (at < 0) return;
      event.preventDefault();
      stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
    });
    return { all, field, seek };
  }

  let dialog;
  let inside;
  /** Open the dialog over this page, or close it. On the search's own page its field is ready instead. */
  function open(loads) {
    const own = document.querySelector("#book-search-page input");
    if (own) return own.focus();
    if (!dialog) {
      inside = panel(loads, () => dialog.close());
      const close = node(
        "button",
        { type: "button", class: "book-search-close", onclick: () => dialog.close() },
        "Close",
      );
      inside.field.after(close);
      dialog = node("dialog", { id: "book-search-dialog", "aria-label": "Search" }, inside.all);
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      // a field of this kind takes Escape for itself
      dialog.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dialog.close();
      });
      document.body.append(dialog);
    }
    if (dialog.open) return dialog.close();
    dialog.showModal();
    inside.field.focus();
    inside.field.select();
    inside.seek(); // the words are on their way while the reader types
  }

  /** The search's own page: asks what its address asks. */
  function fill(place, loads) {
    const remember = (query) => {
      const own = new URL(location.href);
      if (query.trim()) own.searchParams.set("q", query);
      else own.searchParams.delete("q");
      try {
        history.replaceState(history.state, "", own);
      } catch {} // a browser may not allow it in a folder
    };
    const { all, field, seek } = panel(loads, () => {}, remember);
    place.append(all);
    field.value = new URLSearchParams(location.search).get("q") ?? "";
    field.focus();
    if (field.value.trim()) seek(); // else the words of the book come with the first key
  }

  Object.assign(bookSearch, { open, fill });
})();
