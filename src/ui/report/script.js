"use strict";
(() => {
  const find = (selector) => Array.from(document.querySelectorAll(selector));
  const form = document.getElementById("filter");
  const opens = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const details = target && (target.matches("details") ? target : target.querySelector("details"));
    if (target) { target.hidden = false; if (target.parentElement) target.parentElement.hidden = false; }
    if (details) details.open = true;
  };
  addEventListener("hashchange", opens);
  opens();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = find("details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
  if (!form) return;
  form.hidden = false;
  const policies = find("article.policy");
  const types = find("section.type");
  const rows = find("tr[data-policy]");
  const field = (id) => document.getElementById(id);
  const texts = new Map();
  const text = (policy) => {
    if (!texts.has(policy)) texts.set(policy, policy.textContent.toLowerCase());
    return texts.get(policy);
  };
  const severe = { "": () => true, none: (own) => own === "none", error: (own) => own === "error",
    warning: (own) => own === "error" || own === "warning" };
  const number = new Intl.NumberFormat("en");
  const apply = () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
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
    for (const row of rows) row.hidden = field(row.dataset.policy).hidden;
    for (const one of types) one.hidden = !one.querySelector("article.policy:not([hidden])");
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
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); field("text").focus(); }
    if (event.key === "Escape" && event.target === field("text")) { field("text").value = ""; apply(); }
  });
  apply();
})();
