"use strict";
(() => {
  // Shows what is found while it is typed. Without this script the form is sent, and the page comes with what was found.
  const form = document.querySelector("form[data-live]");
  const place = document.getElementById("results");
  if (!form || !place) return;
  let waiting = 0;
  let turn = 0;
  const address = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    return location.pathname + (query.toString() ? "?" + query : "");
  };
  const load = async () => {
    clearTimeout(waiting);
    const own = ++turn;
    const to = address();
    let fresh = null;
    try {
      const answer = await fetch(to);
      const text = await answer.text();
      fresh = new DOMParser().parseFromString(text, "text/html").getElementById("results");
    } catch {
      // The program has stopped: the browser says so.
    }
    if (own !== turn) return;
    if (!fresh) { location.assign(to); return; }
    place.replaceChildren(...fresh.childNodes);
    history.replaceState(null, "", to);
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(load, 100); });
  form.addEventListener("submit", (event) => { event.preventDefault(); load(); });
  const text = form.querySelector("input[type=search]");
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && text) { event.preventDefault(); text.focus(); }
    if (event.key === "Escape" && event.target === text) { text.value = ""; load(); }
  });
})();
