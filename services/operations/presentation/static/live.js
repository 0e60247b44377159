// Reads a page again every few seconds and puts what has changed in its place. Without it the page
// stays as it was read, and a link reads it again.
"use strict";
(() => {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const pause = Number(part.dataset.live) * 1000;
  const bar = document.querySelector("[data-live-bar]");
  const line = bar.querySelector("[data-live-line]");
  const button = bar.querySelector("button");
  let paused = false;
  let timer = null;
  let tag = null;

  function later() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(read, pause);
  }

  async function read() {
    try {
      const headers = { Accept: "text/html" };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.redirected || (!answer.ok && answer.status !== 304)) throw new Error(answer.status);
      if (answer.status === 200) {
        tag = answer.headers.get("ETag");
        put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
      line.textContent = `Read at ${new Date().toISOString().slice(11, 19)} UTC, and again every ${part.dataset.live} s.`;
      bar.classList.remove("away");
    } catch {
      line.textContent = "Operations does not answer: this page is as it was.";
      bar.classList.add("away");
    }
    later();
  }

  // Open parts stay open, and what somebody is working in stays as it is.
  function put(fresh) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) return;
    const active = document.activeElement;
    if (part.contains(active) && active.matches("input, select, textarea")) return;
    for (const open of part.querySelectorAll("details[id][open]")) {
      other.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
    }
    const href = part.contains(active) ? active.getAttribute("href") : null;
    const id = part.contains(active) ? active.id : null;
    part.replaceChildren(...other.childNodes);
    if (id) part.querySelector(`#${CSS.escape(id)}`)?.focus({ preventScroll: true });
    else if (href) part.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) {
      clearTimeout(timer);
      line.textContent = "Paused.";
    } else {
      read();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!paused) read();
  });
  button.hidden = false;
  line.textContent = `Read again every ${part.dataset.live} s.`;
  later();
})();
