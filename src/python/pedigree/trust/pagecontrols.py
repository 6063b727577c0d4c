"""The part of `lineage.html`'s script that listens: search, pointer, wheel and keys."""

CONTROLS = r"""
const field = document.querySelector("input"), list = document.getElementById("found");
const HITS = 50;
// Search: names, kinds, config, and digests of what a step made.
const hay = (step) => step.hay ??= [step.address, step.name, step.kind, step.artifact,
  JSON.stringify(value(part(step.statement, "predicate", "buildDefinition", "externalParameters", "config"))),
  ...value(part(step.statement, "subject")).map((each) => each.digest.sha256)].join("\n").toLowerCase();
let hits = [], picked = -1;
const pick = (at) => {
  picked = at;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", place === at));
  list.children[at]?.scrollIntoView({block: "nearest"});
};
const search = () => {
  const words = field.value.toLowerCase().replaceAll("sha256:", "").split(/\s+/).filter(Boolean);
  hits = words.length ? steps.filter((step) => words.every((word) => hay(step).includes(word))) : [];
  list.replaceChildren(...hits.slice(0, HITS).map((step) => {
    const told = `${step.kind.replaceAll("_", " ")}, ${step.name}`;
    const item = make("li", {}, step.address, make("small", {textContent: told}));
    item.setAttribute("role", "option");
    item.onmousedown = (event) => { event.preventDefault(); take(step.at); };
    return item;
  }));
  if (words.length) {
    const told = hits.length > HITS ? `${hits.length} steps, the first ${HITS} are shown` : `${hits.length} steps`;
    list.append(make("li", {}, make("small", {textContent: told})));
  }
  pick(hits.length ? 0 : -1);
};
const take = (at) => { list.replaceChildren(); field.blur(); choose(at, READABLE * 1.6); };
field.addEventListener("input", search);
field.addEventListener("focus", search);
field.addEventListener("blur", () => list.replaceChildren());
field.addEventListener("keydown", (event) => {
  const last = Math.min(hits.length, HITS) - 1;
  if (event.key === "ArrowDown") pick(Math.min(last, picked + 1));
  else if (event.key === "ArrowUp") pick(Math.max(0, picked - 1));
  else if (event.key === "Enter" && hits[picked]) take(hits[picked].at);
  else if (event.key === "Escape") field.blur();
  else return;
  event.preventDefault();
});

// One pointer pans and chooses, two zoom.
const pointers = new Map();
let travelled = 0;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  travelled = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) { canvas.classList.toggle("over", under(event) >= 0); return; }
  const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
  const [right, down] = [event.clientX - before.clientX, event.clientY - before.clientY];
  if (other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const box = canvas.getBoundingClientRect();
    zoom(apart(event) / apart(before), other.clientX - box.left, other.clientY - box.top);
  } else {
    [view.x, view.y] = [view.x + right, view.y + down];
    canvas.classList.add("drag");
    redraw();
  }
  travelled += Math.hypot(right, down);
  pointers.set(event.pointerId, event);
});
const release = (event) => {
  pointers.delete(event.pointerId);
  canvas.classList.remove("drag");
  if (event.type === "pointerup" && travelled < 5) {
    const at = under(event);
    if (at >= 0) choose(at); else overview();
  }
};
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("wheel", (event) => {
  const box = canvas.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.clientX - box.left, event.clientY - box.top);
  event.preventDefault();
}, {passive: false});
const KEYS = {"+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), "0": fit,
  "Escape": () => { overview(); }};
const PAN = {ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80]};
document.addEventListener("keydown", (event) => {
  if (event.target === field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { field.focus(); event.preventDefault(); return; }
  if (KEYS[event.key]) KEYS[event.key]();
  else if (PAN[event.key] && event.target === canvas) {
    [view.x, view.y] = [view.x + PAN[event.key][0], view.y + PAN[event.key][1]];
    redraw();
    event.preventDefault();
  }
});
document.getElementById("in").onclick = () => zoom(1.4);
document.getElementById("out").onclick = () => zoom(1 / 1.4);
document.getElementById("all").onclick = fit;
const legend = new Map(steps.map((step) => [step.kind, step.colour]));
document.querySelector(".legend").replaceChildren(...[...legend].sort().map(([kind, colour]) => {
  const mark = make("i");
  mark.style.background = colour;
  return make("span", {}, mark, kind.replaceAll("_", " "));
}));
new ResizeObserver(redraw).observe(canvas);
window.addEventListener("hashchange", follow);
fit();
const asked = location.hash;
if (!asked) overview();
follow();
"""
