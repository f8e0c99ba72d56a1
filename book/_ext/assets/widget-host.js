/* Brings the book's widgets to life on a page that has no kernel.

   MyST-NB writes the state of every widget model, and one "view" per place where a widget is shown, into the page as JSON.
   Here each view that belongs to an anywidget gets its own element and runs the widget's own module with it; views of the
   same model share one model. A classic script: browsers refuse module files on file://. */
(() => {
  "use strict";
  if (window.bookWidgets) return; // a page may list the file twice
  window.bookWidgets = { mounted: 0, failed: 0 };

  const MIME = "application/vnd.jupyter.widget-";
  const blocks = (kind) => document.querySelectorAll(`script[type="${MIME}${kind}+json"]`);

  /* Binary traits travel as base64 or hex beside the state; put them back where they belong. */
  function restoreBuffers(state, buffers = []) {
    for (const { data, encoding, path } of buffers) {
      const bytes =
        encoding === "hex"
          ? Uint8Array.from(data.match(/../g) ?? [], (pair) => parseInt(pair, 16))
          : Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const parent = path.slice(0, -1).reduce((object, key) => object[key], state);
      parent[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  /* The part of an ipywidgets model that anywidget promises to a widget's module. */
  class Model {
    #state;
    #listeners = new Map();
    constructor(record, manager) {
      this.#state = restoreBuffers(structuredClone(record.state), record.buffers);
      this.widget_manager = manager;
    }
    get(name) {
      return this.#state[name];
    }
    set(name, value) {
      const values = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(values).filter((key) => !Object.is(this.#state[key], values[key]));
      for (const key of changed) this.#state[key] = values[key];
      for (const key of changed) this.#tell(`change:${key}`, this, this.#state[key]);
      if (changed.length) this.#tell("change", this);
    }
    save_changes() {} // nobody to send them to
    send() {}
    on(names, listener) {
      for (const name of names.split(/\s+/)) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
        this.#listeners.get(name).add(listener);
      }
    }
    off(names, listener) {
      if (names == null) return this.#listeners.clear();
      for (const name of names.split(/\s+/)) {
        if (listener) this.#listeners.get(name)?.delete(listener);
        else this.#listeners.delete(name);
      }
    }
    #tell(name, ...args) {
      for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...args);
    }
  }

  const modules = new Map(); // module source -> promise of its namespace
  function importSource(source) {
    if (!modules.has(source)) {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      modules.set(
        source,
        import(url).finally(() => URL.revokeObjectURL(url)),
      );
    }
    return modules.get(source);
  }

  function say(host, text) {
    host.replaceChildren(
      Object.assign(document.createElement("p"), { className: "book-widget-note", textContent: text }),
    );
  }

  const records = {},
    models = new Map(),
    definitions = new Map();
  const idOf = (reference) => String(reference).replace(/^IPY_MODEL_/, "");
  const manager = { get_model: async (reference) => modelOf(idOf(reference)) };
  function modelOf(id) {
    if (!models.has(id) && records[id]) models.set(id, new Model(records[id], manager));
    return models.get(id);
  }

  /* A module's default export is the widget or a function that makes one; `initialize` runs once per model. */
  function definitionOf(id, model, signal) {
    if (!definitions.has(id)) {
      definitions.set(
        id,
        importSource(model.get("_esm")).then(async (module) => {
          const exported = module.default ?? module;
          const widget = typeof exported === "function" ? await exported() : exported;
          await widget.initialize?.({ model, signal, experimental: {} });
          return widget;
        }),
      );
    }
    return definitions.get(id);
  }

  async function mount(id, host) {
    const record = records[id];
    if (!record) return say(host, "This output needs a running kernel: open the chapter's notebook to see it.");
    if (record.model_module !== "anywidget") {
      const control = record.model_name.replace(/Model$/, "");
      return say(host, `This control (${control}) needs a running kernel: open the chapter's notebook to use it.`);
    }
    const model = modelOf(id),
      signal = new AbortController().signal;
    const widget = await definitionOf(id, model, signal);
    await widget.render?.({ model, el: host, signal, experimental: {} });
    if ("stopped" in host.dataset) return;
    host.dataset.mounted = ""; // the style sheet hides the static picture that follows
    window.bookWidgets.mounted += 1;
  }

  function start() {
    for (const block of blocks("state")) {
      const { state: found, sources = [] } = JSON.parse(block.textContent);
      for (const { state } of Object.values(found)) {
        // a page holds each part of a module once
        if (Array.isArray(state._esm)) state._esm = state._esm.map((part) => sources[part]).join("");
      }
      Object.assign(records, found);
    }
    for (const view of blocks("view")) {
      const host = document.createElement("div");
      host.className = "book-widget";
      view.after(host);
      const id = idOf(JSON.parse(view.textContent).model_id);
      host.addEventListener("book-show", (event) => modelOf(id)?.set(event.detail)); // started or not
      host.addEventListener("ln-stopped", () => {
        // a figure that stopped: its still picture shows again
        delete host.dataset.mounted;
        host.dataset.stopped = "";
        window.bookWidgets.failed += 1;
      });
      mount(id, host).catch((error) => {
        window.bookWidgets.failed += 1;
        console.error("widget:", error);
        say(host, `This figure could not be started (${error.message ?? error}).`);
      });
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
