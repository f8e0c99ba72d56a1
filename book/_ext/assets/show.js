/* Words in the text become links that set a figure's state. The link's address is the figure: so the browser scrolls
   there, as calmly as the reader wants it, moves the focus, and brings the reader back. */
(() => {
  "use strict";
  for (const words of document.querySelectorAll("span.book-show")) {
    const figure = document.getElementById(words.dataset.figure);
    if (!figure?.querySelector('script[type$="widget-view+json"]')) continue;
    const link = document.createElement("a");
    link.className = words.className;
    link.href = `#${figure.id}`;
    link.append(...words.childNodes);
    figure.tabIndex = -1;
    link.addEventListener("click", () => {
      for (let folded = figure.closest("details"); folded; folded = folded.parentElement.closest("details"))
        folded.open = true;
      const host = figure.querySelector(".book-widget"); // put there when the page's figures start
      host?.dispatchEvent(new CustomEvent("book-show", { detail: JSON.parse(words.dataset.state) }));
    });
    words.replaceWith(link);
  }
})();
