"""The part of `lineage.html`'s script that draws the graph: what is in view alone, and as much of it as can be read."""

GRAPH = r"""
"use strict";
const [first, ...pool] = document.getElementById("lineage").textContent.split("\n");
const page = JSON.parse(first);
const value = (place) => {
  const row = JSON.parse(pool[place]);
  if (typeof row === "string") return row;
  if (row[0] === -2) return row[1];
  if (row[0] === -1) return row.slice(1).map(value);
  return Object.fromEntries(page.shapes[row[0]].map((key, at) => [key, value(row[at + 1])]));
};
// The place of a part of a value, without reading the rest of it.
const part = (place, ...keys) => keys.reduce((at, key) => {
  const row = JSON.parse(pool[at]);
  return row[1 + page.shapes[row[0]].indexOf(key)];
}, place);
const [WIDTH, HEIGHT] = page.box;
const COLOURS = {dataset: "#1f9d74", synthetic_dataset: "#1f9d74", base_model: "#8b5cf6", finetune: "#e8871e",
  eval_suite: "#0e94b8", evaluation: "#d6336c", release: "#1c2430"};
const OTHER = "#8a97a8", LINE = "#a9b6c8", BLUE = "#2f62ea", AMBER = "#d97706";
const colourOf = (kind) => Object.hasOwn(COLOURS, kind) ? COLOURS[kind] : OTHER;
const steps = page.steps.map(([name, address, kind, artifact, statement, x, y, judged], at) => (
  {at, name: value(name), address: value(address), kind: value(kind), artifact: value(artifact), statement, x, y,
    judged: judged === 1, colour: colourOf(value(kind)), from: [], to: []}));
for (const [start, end] of page.edges) { steps[end].from.push(start); steps[start].to.push(end); }
const named = new Map(steps.map((step) => [step.name, step.at]));
const columns = new Map();
for (const step of steps) {
  if (!columns.has(step.x)) columns.set(step.x, []);
  columns.get(step.x).push(step.at);
}
const lefts = Float64Array.from([...columns.keys()].sort((one, two) => one - two));
for (const column of columns.values()) column.sort((one, two) => steps[one].y - steps[two].y);
const place = new Map([...lefts].map((x, at) => [x, at]));
const tops = page.edges.map(([start, end, ...ys]) => Math.min(steps[start].y, steps[end].y, ...ys));
const bottoms = page.edges.map(([start, end, ...ys]) => Math.max(steps[start].y, steps[end].y, ...ys) + HEIGHT);

// What a chosen step was made from (1), what was made from it (2), itself (3).
const NEITHER = 0, MADE_FROM = 1, MADE_INTO = 2, CHOSEN = 3;
let chosen = -1, lit = new Uint8Array(steps.length);
const light = (at) => {
  chosen = at;
  lit = new Uint8Array(steps.length);
  if (at < 0) return;
  for (const [mark, next] of [[MADE_FROM, "from"], [MADE_INTO, "to"]]) {
    const waiting = [at];
    while (waiting.length) {
      for (const other of steps[waiting.pop()][next]) {
        if (!lit[other]) { lit[other] = mark; waiting.push(other); }
      }
    }
  }
  lit[at] = CHOSEN;
};
const edgeMark = (start, end) => {
  if (lit[start] === MADE_FROM && (lit[end] === MADE_FROM || lit[end] === CHOSEN)) return MADE_FROM;
  if (lit[end] === MADE_INTO && (lit[start] === MADE_INTO || lit[start] === CHOSEN)) return MADE_INTO;
  return NEITHER;
};

const canvas = document.querySelector("canvas"), context = canvas.getContext("2d");
const view = {x: 0, y: 0, scale: 1}, ratio = () => window.devicePixelRatio || 1;
const MOST = 2.5, READABLE = 0.42, NAMED = 0.2, CURVES = 0.12, MANY = 4000;
const least = () => Math.min(1, 0.97 * Math.min(canvas.clientWidth / page.size[0], canvas.clientHeight / page.size[1]));
let waiting = false;
const redraw = () => {
  if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); }
};
const fit = () => {
  view.scale = least();
  view.x = (canvas.clientWidth - page.size[0] * view.scale) / 2;
  view.y = (canvas.clientHeight - page.size[1] * view.scale) / 2;
  redraw();
};
const zoom = (factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
  const scale = Math.min(MOST, Math.max(least(), view.scale * factor));
  view.x = x - (x - view.x) * scale / view.scale;
  view.y = y - (y - view.y) * scale / view.scale;
  view.scale = scale;
  redraw();
};
const show = (at, scale) => {
  view.scale = Math.min(MOST, Math.max(view.scale, scale));
  view.x = canvas.clientWidth / 2 - (steps[at].x + WIDTH / 2) * view.scale;
  view.y = canvas.clientHeight / 2 - (steps[at].y + HEIGHT / 2) * view.scale;
  redraw();
};
// First place in a sorted list whose item reaches a limit.
const reach = (length, reaches) => {
  let low = 0, high = length;
  while (low < high) { const middle = (low + high) >> 1; if (reaches(middle)) high = middle; else low = middle + 1; }
  return low;
};
const visible = (left, top, right, bottom) => {
  const found = [];
  for (let at = reach(lefts.length, (each) => lefts[each] + WIDTH >= left); at < lefts.length && lefts[at] <= right;
    at += 1) {
    const column = columns.get(lefts[at]);
    for (let step = reach(column.length, (each) => steps[column[each]].y + HEIGHT >= top);
      step < column.length && steps[column[step]].y <= bottom; step += 1) found.push(column[step]);
  }
  return found;
};
const trace = ([start, end, ...ys], curved) => {
  let x = steps[start].x + WIDTH, y = steps[start].y + HEIGHT / 2;
  const first = place.get(steps[start].x) + 1;
  context.moveTo(x, y);
  const to = (right, down) => {
    if (curved) context.bezierCurveTo((x + right) / 2, y, (x + right) / 2, down, right, down);
    else context.lineTo(right, down);
    [x, y] = [right, down];
  };
  ys.forEach((down, at) => { to(lefts[first + at], down); x += WIDTH; context.lineTo(x, down); });
  to(steps[end].x, steps[end].y + HEIGHT / 2);
};
const drawEdges = (left, top, right, bottom) => {
  const marked = [[], [], []];
  page.edges.forEach((edge, at) => {
    if (tops[at] <= bottom && bottoms[at] >= top && steps[edge[0]].x <= right && steps[edge[1]].x >= left) {
      marked[edgeMark(edge[0], edge[1])].push(edge);
    }
  });
  const faint = chosen < 0 ? 1 : 0.25;
  for (const [mark, colour, wide, alpha] of [[NEITHER, LINE, 1.4, faint], [MADE_INTO, AMBER, 2, 1],
    [MADE_FROM, BLUE, 2, 1]]) {
    const edges = marked[mark];
    // Where thousands are in view, an even sample of them looks the same.
    const every = mark === NEITHER ? Math.ceil(edges.length / MANY) : 1;
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    context.lineWidth = Math.max(wide, 0.8 / view.scale);
    context.beginPath();
    for (let at = 0; at < edges.length; at += every) trace(edges[at], view.scale > CURVES);
    context.stroke();
  }
  context.globalAlpha = 1;
};
const statementOf = (step) => step.decoded ??= value(step.statement);
// What tells apart the steps of one target: the stage they are about, or the tool.
const partOf = (step) => step.part ??= (() => {
  const definition = part(step.statement, "predicate", "buildDefinition");
  const {stage, method} = value(part(definition, "externalParameters", "config"));
  return String(stage || method || value(part(definition, "internalParameters", "tool")).split(".").at(-1));
})();
const short = (text, limit) => text.length <= limit ? text : text.slice(0, limit - 1) + "…";
const drawStep = (step) => {
  const mark = lit[step.at], rim = {[CHOSEN]: BLUE, [MADE_FROM]: BLUE, [MADE_INTO]: AMBER}[mark] || "#c3cddb";
  context.globalAlpha = chosen < 0 || mark ? 1 : 0.25;
  if (view.scale < NAMED) {
    context.fillStyle = mark === CHOSEN ? BLUE : step.colour;
    const grown = mark === CHOSEN ? Math.max(0, 8 / view.scale - HEIGHT) : Math.max(0, 1.6 / view.scale - HEIGHT);
    context.fillRect(step.x, step.y - grown / 2, WIDTH, HEIGHT + grown);
    return;
  }
  context.beginPath();
  context.roundRect(step.x, step.y, WIDTH, HEIGHT, 9);
  context.fillStyle = "#fff";
  context.fill();
  context.lineWidth = mark === CHOSEN ? 4 : mark ? 2 : 1.2;
  context.strokeStyle = rim;
  context.stroke();
  context.fillStyle = step.colour;
  context.fillRect(step.x, step.y + 9, 5, HEIGHT - 18);
  const colon = step.address.lastIndexOf(":");
  const label = step.address.slice(colon < 0 ? step.address.lastIndexOf("/") + 1 : colon + 1);
  const where = colon < 0 ? step.address : step.address.slice(0, colon);
  const write = (text, font, colour, down, limit) => {
    context.font = font + " system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif";
    context.fillStyle = colour;
    context.fillText(short(text, limit), step.x + 16, step.y + down);
  };
  if (view.scale < READABLE) return write(label, "650 26px", "#1c2430", 38, 13);
  write(step.kind.replaceAll("_", " ") + " · " + partOf(step), "11px", "#5d6b7e", 17, 32);
  write(label, "650 14px", "#1c2430", 34, 25);
  write(where, "10.5px", "#5d6b7e", 49, 33);
};
const draw = () => {
  const scale = view.scale * ratio();
  canvas.width = Math.round(canvas.clientWidth * ratio());
  canvas.height = Math.round(canvas.clientHeight * ratio());
  context.setTransform(scale, 0, 0, scale, view.x * ratio(), view.y * ratio());
  const left = -view.x / view.scale, top = -view.y / view.scale;
  const right = left + canvas.clientWidth / view.scale, bottom = top + canvas.clientHeight / view.scale;
  drawEdges(left, top, right, bottom);
  for (const at of visible(left, top, right, bottom)) drawStep(steps[at]);
  context.globalAlpha = 1;
};
const under = (event) => {
  const box = canvas.getBoundingClientRect();
  const x = (event.clientX - box.left - view.x) / view.scale, y = (event.clientY - box.top - view.y) / view.scale;
  const slack = Math.max(0, 4 / view.scale - HEIGHT / 2);
  return visible(x, y - slack, x, y + slack).at(-1) ?? -1;
};
"""
