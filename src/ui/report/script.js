"use strict";
(() => {
  const find = (selector) => Array.from(document.querySelectorAll(selector));
  const form = document.getElementById("filter");
  const opens = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const details = target && (target.matches("details") ? target : target.querySelector("details"));
    for (let one = target; one; one = one.parentElement) one.hidden = false;
    if (details) details.open = true;
    // On the way to it heights are only known once they are seen: it is gone to at once, and again when it is laid out.
    const go = () => target.scrollIntoView({ behavior: "instant" });
    if (target && target.closest(".many")) { go(); requestAnimationFrame(go); }
  };
  // What a large page keeps compressed, in groups; put in its place where that is seen.
  const groups = new Map();
  const group = (number) => {
    if (!groups.has(number)) groups.set(number, { list: null, ready: inflate(number) });
    return groups.get(number);
  };
  const inflate = async (number) => {
    const text = document.getElementById("parts-" + number).textContent;
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const list = JSON.parse(await new Response(stream).text());
    groups.get(number).list = list;
  };
  const kept = find(".parts");
  const each = kept.length ? Number(kept[0].dataset.each) : 1;
  const part = (place) => groups.get(Math.floor(place.dataset.part / each)).list[place.dataset.part % each];
  const fill = async (place) => {
    await group(Math.floor(place.dataset.part / each)).ready;
    if (place.isConnected) place.outerHTML = part(place);
  };
  const everything = () => Promise.all(kept.map((_, number) => group(number).ready));
  const seen = new IntersectionObserver((places) => places.filter((one) => one.isIntersecting).forEach((one) => {
    seen.unobserve(one.target);
    fill(one.target);
  }), { rootMargin: "400px" });
  const watch = (place) => seen.observe(place);
  find("details[open] [data-part]").forEach(watch);
  addEventListener("toggle", (event) => event.target.querySelectorAll("[data-part]").forEach(watch), true);
  addEventListener("hashchange", opens);
  opens();
  // A print waits for nothing: it has what is in its place by then, and says where something is not.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = find("details:not([open])").filter((one) => !one.querySelector("[data-part]"));
    closed.forEach((one) => { one.open = true; });
    const note = document.getElementById("unprinted");
    if (note) note.hidden = !find("[data-part]").some((place) => !place.closest("[hidden]"));
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
  if (!form) return;
  form.hidden = false;
  const policies = find("article.policy");
  const types = find("section.type");
  const field = (id) => document.getElementById(id);
  const texts = new Map();
  const plain = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content.textContent;
  };
  const text = (policy) => {
    if (!texts.has(policy)) {
      const own = Array.from(policy.querySelectorAll("[data-part]"), (place) => plain(part(place)));
      texts.set(policy, [policy.textContent, ...own].join(" ").toLowerCase());
    }
    return texts.get(policy);
  };
  const severe = { "": () => true, none: (own) => own === "none", error: (own) => own === "error",
    warning: (own) => own === "error" || own === "warning" };
  const number = new Intl.NumberFormat("en");
  const apply = async () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    // A search goes through what is not in its place yet, too.
    if (words.length && kept.length) await everything();
    const type = field("type") ? field("type").value : "";
    const matches = severe[field("severity") ? field("severity").value : ""];
    const boxes = find("input[name=action]");
    const actions = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const policy of policies) {
      const own = policy.dataset;
      const wanted = (!type || own.type === type) && (!boxes.length || actions.has(own.action)) && matches(own.severity)
        && words.every((word) => text(policy).includes(word));
      policy.hidden = !wanted;
      if (wanted) shown += 1;
    }
    for (const row of find("tr[data-policy]")) row.hidden = field(row.dataset.policy).hidden;
    for (const one of [...find(".many"), ...types]) one.hidden = !one.querySelector("article.policy:not([hidden])");
    field("none").hidden = shown > 0;
    field("shown").textContent = shown === policies.length
      ? number.format(shown) + " policies" : number.format(shown) + " of " + number.format(policies.length) + " policies";
  };
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  const set = (open) => () => policies.forEach((policy) => {
    const details = policy.hidden ? null : policy.querySelector("details");
    if (details) details.open = open;
  });
  field("open").addEventListener("click", set(true));
  field("close").addEventListener("click", set(false));
  if (field("print")) field("print").addEventListener("click", async () => {
    await everything();
    for (const place of find("[data-part]")) if (!place.closest("[hidden]")) place.outerHTML = part(place);
    print();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); field("text").focus(); }
    if (event.key === "Escape" && event.target === field("text")) { field("text").value = ""; apply(); }
  });
  apply();
})();
