const problems = [];
const say = (what, element) => problems.push(what + ": " + element.outerHTML.slice(0, 120));
const all = (selector) => Array.from(document.querySelectorAll(selector));
if (!document.documentElement.lang) problems.push("no language");
if (all("h1").length !== 1) problems.push("not one h1");
let before = 0;
for (const heading of all("h1, h2, h3, h4, [role=heading]")) {
  const level = Number(heading.getAttribute("aria-level") || heading.tagName.slice(1));
  if (level > before + 1) say("heading jumps from " + before, heading);
  if (!heading.textContent.trim()) say("empty heading", heading);
  before = level;
}
const ids = new Set();
for (const element of all("[id]")) {
  if (ids.has(element.id)) say("id twice", element);
  ids.add(element.id);
}
for (const element of all("[aria-labelledby]")) if (!ids.has(element.getAttribute("aria-labelledby"))) say("label is missing", element);
for (const link of all("a[href^='#']")) if (!ids.has(decodeURIComponent(link.getAttribute("href").slice(1)))) say("link leads nowhere", link);
for (const field of all("input:not([type=hidden]), select")) if (!field.closest("label") && !field.labels.length) say("field without label", field);
for (const table of all("table")) if (!table.querySelector("th[scope=col]")) say("table without headings", table);
for (const landmark of ["header", "main", "footer"]) if (!document.querySelector(landmark)) problems.push("no " + landmark);
const channels = (text) => text.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  for (let own = element; own; own = own.parentElement) {
    const color = channels(getComputedStyle(own).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [20, 23, 28] : [255, 255, 255];
};
const seen = new Set();
for (const element of all("body *")) {
  const text = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!text || element.closest("svg") || element.closest(".unseen") || !element.checkVisibility()) continue;
  const [front, back] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
  const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  const kind = element.tagName + "." + element.className + contrast.toFixed(1);
  if (contrast < 4.5 && !seen.has(kind)) { seen.add(kind); say("contrast " + contrast.toFixed(2), element); }
}
return problems;
