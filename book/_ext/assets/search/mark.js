/* On a page that a hit led to: marks the words in the section, opens what is folded where nothing else holds them, and
   leaves a bar to go through the marks and to take them away. */
(() => {
  "use strict";
  const UNMARKED = "script, style, svg, form, button, .katex, .headerlink, .book-widget, .ln-fallback, .book-marks";
  let clear = () => {};

  function texts(place) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT, (node) =>
      node.data.trim() && !node.parentElement.closest(UNMARKED) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT,
    );
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  }
  function put(place, stems) {
    const marks = [];
    for (const node of texts(place)) {
      const parts = bookSearch.marked(node.data, stems);
      if (!parts.some(([, on]) => on)) continue;
      const nodes = parts.map(([text, on]) => {
        if (!on) return text;
        const mark = Object.assign(document.createElement("mark"), { className: "book-mark", textContent: text });
        marks.push(mark);
        return mark;
      });
      node.replaceWith(...nodes);
    }
    return marks;
  }
  function unfold(mark) {
    let opened = false;
    for (let fold = mark.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      opened ||= !fold.open;
      fold.open = true;
    }
    return opened;
  }
  function button(text, onclick) {
    return Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick });
  }
  /* The part of the page that an anchor names: its section, its term with the meaning, else the whole article. */
  function place(anchor) {
    const target = document.getElementById(anchor);
    const whole = document.querySelector("article");
    if (!target) return [whole];
    if (target.tagName !== "DT") return [target.closest("section") ?? whole];
    let meaning = target.nextElementSibling;
    while (meaning?.tagName === "DT") meaning = meaning.nextElementSibling;
    return [target, meaning].filter(Boolean);
  }

  /** Mark words, as they are written, in the section that the address names. */
  function mark(words) {
    clear();
    const stems = words.filter(Boolean).map((word) => [bookSearch.stem(word)]);
    const anchor = decodeURIComponent(location.hash.slice(1));
    const marks = place(anchor).flatMap((part) => put(part, stems));
    if (!marks.length) return;
    if (marks.every((one) => one.closest("details")) && unfold(marks[0])) marks[0].scrollIntoView({ block: "center" });

    let at = -1;
    const says = document.createElement("p");
    says.setAttribute("role", "status");
    const tell = (text) => (says.textContent = `${words.map((word) => `“${word}”`).join(", ")}: ${text}`);
    const next = button("Next", () => {
      marks[at]?.classList.remove("book-mark-here");
      at = (at + 1) % marks.length;
      unfold(marks[at]);
      marks[at].classList.add("book-mark-here");
      marks[at].scrollIntoView({ block: "center" });
      tell(`${at + 1} of ${marks.length}`);
    });
    const bar = document.createElement("div");
    bar.className = "book-marks";
    bar.setAttribute("role", "region");
    bar.setAttribute("aria-label", "Words that were searched for");
    bar.append(
      says,
      next,
      button("Remove marks", () => clear()),
    );
    document.body.append(bar);
    tell(marks.length === 1 ? "marked once here" : `marked ${marks.length} times here`);

    const escape = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) clear();
    };
    addEventListener("keydown", escape);
    clear = () => {
      clear = () => {};
      removeEventListener("keydown", escape);
      bar.remove();
      for (const one of marks) {
        const { parentNode } = one;
        one.replaceWith(...one.childNodes);
        parentNode.normalize();
      }
      const bare = new URL(location.href);
      bare.searchParams.delete("highlight");
      try {
        history.replaceState(history.state, "", bare);
      } catch {} // a browser may not allow it in a folder: then the words come back with the page
    };
  }

  bookSearch.mark = mark;
})();
