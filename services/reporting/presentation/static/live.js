// Moves the figures of an open report when facts come. Without it the page stays as it was read.
"use strict";
(() => {
  const AGAIN_MILLISECONDS = 10000; // after a connection that ended for good
  const WHOLE_MILLISECONDS = 3000; // between two readings of the whole page
  const TOLD_MILLISECONDS = 4000; // between two announcements

  const bar = document.querySelector("[data-follow]");
  if (!bar || !("EventSource" in window)) return;
  const [line, button] = bar.children;
  const told = document.querySelector("[data-told]");
  let state = bar.dataset.state;
  let source = null;
  let paused = false;
  let again = null; // timer of the next connection
  let whole = null; // timer of the next reading of the page
  let wholeAt = 0;
  let waiting = new Map(); // what is to be announced, by figure
  let telling = null;

  const show = (name) => { line.textContent = bar.dataset[name]; };

  function connect() {
    clearTimeout(again);
    // A page that nobody looks at holds no connection: a browser has only six for a site.
    if (source || paused || document.hidden) return;
    source = new EventSource(bar.dataset.follow);
    source.onopen = () => show("connected");
    source.onerror = () => {
      show("disconnected");
      if (source.readyState === EventSource.CLOSED) {
        source = null;
        again = setTimeout(connect, AGAIN_MILLISECONDS);
      }
    };
    source.addEventListener("figures", (event) => move(JSON.parse(event.data)));
  }

  function disconnect() {
    clearTimeout(again);
    if (source) source.close();
    source = null;
  }

  function move({ state: next, texts }) {
    if (next === state) return;
    state = next;
    for (const place of document.querySelectorAll("[data-moves]")) {
      const text = texts[place.dataset.moves];
      if (text === undefined || text === place.textContent.trim()) continue;
      place.textContent = text;
      place.classList.remove("moved");
      requestAnimationFrame(() => place.classList.add("moved"));
      const [metric, what] = place.dataset.moves.split(".");
      if (what === "value") tell(metric, texts[`${metric}.told`]);
    }
    readWholeSoon();
  }

  function tell(metric, text) {
    waiting.set(metric, text);
    telling ??= setTimeout(() => {
      told.textContent = [...waiting.values()].join(". ");
      waiting = new Map();
      telling = setTimeout(() => {
        telling = null;
        if (waiting.size) tell(...waiting.entries().next().value);
      }, TOLD_MILLISECONDS);
    }, 0);
  }

  function readWholeSoon() {
    whole ??= setTimeout(async () => {
      whole = null;
      if (paused) return;
      wholeAt = Date.now();
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch {
        show("disconnected"); // the figures above have moved, the tables below have not
      }
    }, Math.max(0, wholeAt + WHOLE_MILLISECONDS - Date.now()));
  }

  // Puts what has changed in place of what stood there: open parts stay open, focus stays.
  function replace(fresh) {
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = fresh.getElementById(part.id);
      if (!other) continue;
      for (const open of part.querySelectorAll("details[id][open]")) {
        other.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
      }
      for (const moved of part.querySelectorAll("[data-moves].moved")) {
        other.querySelector(`[data-moves="${moved.dataset.moves}"]`)?.classList.add("moved");
      }
      if (other.innerHTML === part.innerHTML) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement : null;
      part.replaceChildren(...other.childNodes);
      if (focused) find(part, focused)?.focus({ preventScroll: true });
    }
  }

  function find(part, was) {
    if (was.id) return part.querySelector(`#${CSS.escape(was.id)}`);
    const href = was.getAttribute("href");
    if (href) return part.querySelector(`a[href="${CSS.escape(href)}"]`);
    const within = was.closest("[id]");
    const selector = `${was.localName}${was.className ? `.${was.className}` : ""}`;
    return within && part.querySelector(`#${CSS.escape(within.id)} ${selector}`);
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? bar.dataset.resume : bar.dataset.pause;
    if (paused) {
      disconnect();
      show("paused");
    } else {
      connect();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else connect();
  });
  button.textContent = bar.dataset.pause;
  bar.hidden = false;
  show("connected");
  connect();
})();
