const D = JSON.parse(document.getElementById("data").textContent);
const W = 200, READABLE = 0.7, HEAD = 46, FACT = 16, ROW = 21, PAD = 18, TITLE = 36, MOST = 14;
// Kinds with a colour of their own; all others share one.
const KINDS = ["Dataset", "Entity", "FeatureView", "FeatureService", "Pipeline", "Tuning", "Model", "Runtime", "Service", "LLMService", "Graph", "Notebook"];
const $ = id => document.getElementById(id);
const svg = $("graph"), view = $("view");
const kind = text => KINDS.includes(text) ? text.toLowerCase() : "other";
const nodes = D.nodes, groups = D.groups;
const nameOf = i => nodes[i].s ? `${nodes[i].k}/${nodes[i].n}#${nodes[i].s}` : `${nodes[i].k}/${nodes[i].n}`;
const titleOf = i => nodes[i].s || nodes[i].n;
const subOf = i => nodes[i].s ? nodes[i].w : nodes[i].k;

// What is open and picked; all else follows from it.
const state = { open: new Set(), columns: new Set(), all: false, pick: null };
const camera = { x: 0, y: 0, k: 1 };
const up = nodes.map(() => []), down = nodes.map(() => []);
D.edges.forEach(([a, b], i) => { down[a].push([b, i]); up[b].push([a, i]); });
const members = groups.map(() => []);
nodes.forEach((node, i) => { if (node.g >= 0) members[node.g].push(i); });
const columnsUp = new Map(), columnsDown = new Map();
const key = (n, c) => n + ":" + c;
const push = (map, at, value) => map.has(at) ? map.get(at).push(value) : map.set(at, [value]);
D.traces.forEach(([a, ca, b, cb], i) => { push(columnsDown, key(a, ca), [b, cb, i]); push(columnsUp, key(b, cb), [a, ca, i]); });

// ---- what hangs together

function reach(starts, links) {
  const found = new Map();
  let ring = starts;
  while (ring.length) {
    const next = [];
    for (const at of ring) for (const [other, link] of links(at)) {
      if (!found.has(other)) { found.set(other, new Set()); if (!starts.includes(other)) next.push(other); }
      found.get(other).add(link);
    }
    ring = next;
  }
  return found;
}
const links = found => new Set([...found.values()].flatMap(set => [...set]));

// The picked thing as lit nodes, edges and columns, each with its way.
function lit() {
  const pick = state.pick, result = { nodes: new Map(), edges: new Map(), columns: new Map(), traces: new Set() };
  if (!pick) return result;
  if (pick.column !== undefined) {
    const start = key(pick.node, pick.column);
    const ways = [["up", columnsUp], ["down", columnsDown]];
    result.columns.set(start, "start"); result.nodes.set(pick.node, "start");
    for (const [way, map] of ways) {
      const found = reach([start], at => (at.endsWith(":-1") ? [] : map.get(at) || []).map(([n, c, i]) => [key(n, c), i]));
      for (const at of found.keys()) {
        const [n, c] = at.split(":").map(Number);
        if (c >= 0 && !result.columns.has(at)) result.columns.set(at, way);
        if (!result.nodes.has(n)) result.nodes.set(n, way);
      }
      for (const i of links(found)) result.traces.add(i);
    }
    return result;
  }
  const starts = pick.group !== undefined ? members[pick.group] : [pick.node];
  for (const at of starts) result.nodes.set(at, "start");
  for (const [way, map] of [["up", up], ["down", down]]) {
    const found = reach(starts, at => map[at]);
    for (const at of found.keys()) if (!result.nodes.has(at)) result.nodes.set(at, way);
    for (const i of links(found)) if (!result.edges.has(i)) result.edges.set(i, way);
  }
  return result;
}

// The columns of a node that are to be seen: all of them, or those on the picked one's way.
function rows(i, light) {
  const all = nodes[i].c.map((_, c) => c);
  if (state.all || state.columns.has(i)) return all;
  return all.filter(c => light.columns.has(key(i, c)));
}

// ---- layout

// The places follow from what is open and how many columns each shows: a pick alone moves nothing.
let laid = null;
function measure(light) {
  const shown = nodes.map((node, i) => rows(i, light));
  const same = [[...state.open].sort((a, b) => a - b), shown.map(columns => columns.length)].join("|");
  if (!laid || laid.same !== same) laid = { same, ...placed(shown) };
  return { ...laid, shown };
}
function placed(shown) {
  const size = i => ({ w: W, h: HEAD + nodes[i].f.length * FACT + (shown[i].length ? Math.min(shown[i].length, MOST * 4) * ROW + 8 : 0) });
  const inside = groups.map((_, g) => state.open.has(g) ? arranged(g, -1, size) : null);
  const items = [];
  nodes.forEach((node, i) => { if (node.g < 0) items.push({ node: i, ...size(i) }); });
  groups.forEach((group, g) => {
    const facts = group.f.length * FACT;
    items.push(inside[g]
      ? { group: g, w: inside[g].w + 2 * PAD, h: inside[g].h + TITLE + facts + PAD }
      : { group: g, w: W, h: HEAD + facts });
  });
  const itemOf = nodes.map(() => -1);
  items.forEach((item, at) => item.node === undefined ? members[item.group].forEach(i => { itemOf[i] = at; }) : (itemOf[item.node] = at));
  const outer = layered(items, D.edges.map(([a, b]) => [itemOf[a], itemOf[b]]));
  const boxes = nodes.map(() => null), frames = groups.map(() => null), scopes = D.boxes.map(() => null), routes = new Map();
  const put = (made, x, y) => {
    made.parts.forEach((part, at) => {
      const place = { x: x + made.at[at].x, y: y + made.at[at].y, w: part.w, h: part.h };
      if (part.node !== undefined) { boxes[part.node] = place; return; }
      scopes[part.box] = place;
      put(part.made, place.x + PAD, place.y + TITLE);
    });
    const one = at => made.parts[at].node !== undefined ? "n" + made.parts[at].node : "b" + made.parts[at].box;
    for (const { ends, through } of made.routes) routes.set(ends.map(one).join(), through.map(p => ({ x: p.x + x, y: p.y + y, w: p.w })));
  };
  items.forEach((item, at) => {
    const place = outer.at[at];
    if (item.node !== undefined) { boxes[item.node] = { ...place, w: item.w, h: item.h }; return; }
    const g = item.group;
    frames[g] = { ...place, w: item.w, h: item.h };
    if (inside[g]) put(inside[g], place.x + PAD, place.y + TITLE + groups[g].f.length * FACT);
    else for (const i of members[g]) boxes[i] = frames[g];
  });
  for (const { ends, through } of outer.routes) routes.set(ends.join(), through);
  // Within a pipeline: between the two boxes that stand in the same one.
  const near = (a, b) => { const [one, other] = apart(a, b); return routes.get(one + "," + other); };
  const route = (a, b) => (itemOf[a] === itemOf[b] ? near(a, b) : routes.get(itemOf[a] + "," + itemOf[b])) || [];
  return { boxes, frames, scopes, route, w: outer.w, h: outer.h };
}

// A pipeline's steps, or those of a box in it, in layers; boxes stand there as one thing each.
function arranged(g, b, size) {
  const parts = [], holder = new Map();
  for (const i of members[g]) if (nodes[i].b === b) { holder.set("n" + i, parts.length); parts.push({ node: i, ...size(i) }); }
  D.boxes.forEach((box, k) => {
    if (box.g !== g || box.b !== b) return;
    const made = arranged(g, k, size);
    holder.set("b" + k, parts.length);
    parts.push({ box: k, made, w: Math.max(made.w + 2 * PAD, 140), h: made.h + TITLE + PAD });
  });
  const links = [];
  for (const [from, to] of D.edges) {
    if (nodes[from].g !== g || nodes[to].g !== g) continue;
    const [one, other] = apart(from, to);
    if (holder.has(one) && holder.has(other)) links.push([holder.get(one), holder.get(other)]);
  }
  return { parts, ...layered(parts, links) };
}

// Two steps as what stands for them in the innermost box that holds both.
function apart(a, b) {
  const way = i => { const found = ["n" + i]; for (let k = nodes[i].b; k >= 0; k = D.boxes[k].b) found.unshift("b" + k); return found; };
  const one = way(a), other = way(b);
  let at = 0;
  while (at < one.length - 1 && at < other.length - 1 && one[at] === other[at]) at++;
  return [one[at], other[at]];
}

// ---- drawing

function make(tag, attributes, parent, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

// As much of a text as there is room for; what isn't shown stands in the title of its box.
const NAME = "600 13px", SUB = "11px", COLUMN = "11.5px", TYPE = "10.5px";
const pen = document.createElement("canvas").getContext("2d");
const face = getComputedStyle(document.body).fontFamily;
function widthOf(text, size) {
  pen.font = `${size} ${face}`;
  return pen.measureText(text).width;
}
function cut(text, room, size) {
  if (widthOf(text, size) <= room) return text;
  let fits = 0, wide = text.length;
  while (wide - fits > 1) {
    const middle = (fits + wide) >> 1;
    if (widthOf(text.slice(0, middle) + "…", size) <= room) fits = middle; else wide = middle;
  }
  return text.slice(0, fits) + "…";
}

function curve(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1], b = points[i];
    if (b.flat) { path += `L${b.x},${b.y}`; continue; }
    const reach = Math.max(24, Math.abs(b.x - a.x) / 2);
    path += `C${a.x + reach},${a.y} ${b.x - reach},${b.y} ${b.x},${b.y}`;
  }
  return path;
}
function between(from, to, through) {
  const points = [from];
  for (const p of through) points.push({ x: p.x, y: p.y }, { x: p.x + p.w, y: p.y, flat: true });
  return curve([...points, to]);
}

let scene = null;
function draw() {
  const light = lit(), before = scene;
  scene = { ...measure(light), light };
  view.classList.toggle("picked", state.pick !== null);
  // Most picks move nothing and open no columns: what is drawn stays, and is lit anew.
  if (before && before.same === scene.same && !before.light.columns.size && !light.columns.size) scene.drawn = before.drawn;
  else scene.drawn = drawAll();
  for (const at of view.querySelectorAll(".lit:not(.column)")) at.classList.remove("lit", "up", "down", "start");
  const shine = (at, way) => { if (at && way) at.classList.add("lit", way); };
  nodes.forEach((_, i) => shine(scene.drawn.nodes[i], light.nodes.get(i)));
  groups.forEach((_, g) => shine(scene.drawn.groups[g], wayOf(g)));
  for (const [i, way] of light.edges) shine(scene.drawn.edges[i], way);
  $("columns").textContent = state.all ? "Hide columns" : "Show columns";
  $("columns").disabled = !nodes.some(node => node.c.length);
  $("pipelines").textContent = state.open.size ? "Close pipelines" : "Open pipelines";
  $("pipelines").disabled = !groups.length;
}

// Everything that is to be seen, without what is lit of nodes and edges; each of them as an element.
function drawAll() {
  view.replaceChildren();
  const under = make("g", {}, view), lines = make("g", {}, view), over = make("g", {}, view);
  const drawn = { nodes: [], groups: [], edges: [] }, alike = new Map();
  groups.forEach((group, g) => { drawn.groups[g] = drawGroup(group, g, state.open.has(g) ? under : over); });
  D.boxes.forEach((box, k) => { if (scene.scopes[k]) drawScope(box, scene.scopes[k], under); });
  D.edges.forEach(([a, b], i) => {
    const from = scene.boxes[a], to = scene.boxes[b];
    if (from === to) return;
    const same = [from.x, from.y, to.x, to.y].join();
    const y = box => box.y + HEAD / 2;
    if (!alike.has(same)) alike.set(same, make("path", { class: "edge", d: between({ x: from.x + from.w, y: y(from) }, { x: to.x, y: y(to) }, scene.route(a, b)) }, lines));
    drawn.edges[i] = alike.get(same);
  });
  nodes.forEach((node, i) => { if (node.g < 0 || state.open.has(node.g)) drawn.nodes[i] = drawNode(node, i, over); });
  for (const i of scene.light.traces) {
    const [a, ca, b, cb] = D.traces[i];
    if (scene.boxes[a] !== scene.boxes[b]) make("path", { class: "trace", d: between(anchor(a, ca, true), anchor(b, cb, false), scene.route(a, b)) }, over);
  }
  return drawn;
}

// How a pipeline is lit: by its steps where they aren't to be seen, or as what is picked.
function wayOf(g) {
  const open = state.open.has(g);
  if (open && !(state.pick && state.pick.group === g)) return undefined;
  const ways = members[g].map(i => scene.light.nodes.get(i)).filter(Boolean);
  return ways.includes("start") ? "start" : ways[0];
}

function anchor(i, c, right) {
  const box = scene.boxes[i], row = nodes[i].g >= 0 && !state.open.has(nodes[i].g) ? -1 : scene.shown[i].indexOf(c);
  return { x: box.x + (right ? box.w : 0), y: row < 0 ? box.y + HEAD / 2 : box.y + HEAD + nodes[i].f.length * FACT + row * ROW + ROW / 2 };
}

function card(g, box, type, title, sub, facts) {
  make("rect", { class: "card", width: box.w, height: box.h, rx: 9 }, g);
  make("path", { class: `stripe k-${kind(type)}`, d: `M5,0H4.5Q0,0 0,9V${box.h - 9}Q0,${box.h} 4.5,${box.h}H5Z` }, g);
  make("text", { class: "name", x: 15, y: 20 }, g, cut(title, box.w - 25, NAME));
  make("text", { class: "sub", x: 15, y: 36 }, g, cut(sub, box.w - 65, SUB));
  facts.forEach(([name, value, how], at) =>
    make("text", { class: `fact ${how}`, x: 15, y: HEAD + 7 + at * FACT }, g, cut(`${name} ${value}`, box.w - 25, SUB)));
}

function drawNode(node, i, parent) {
  const box = scene.boxes[i];
  const g = make("g", { class: "node", transform: `translate(${box.x},${box.y})`, "data-node": i }, parent);
  make("title", {}, g, [nameOf(i), node.d, node.at].filter(Boolean).join("\n"));
  card(g, box, node.k, titleOf(i), subOf(i), node.f);
  if (node.c.length) {
    const toggle = make("g", { class: "toggle", "data-toggle": i }, g);
    make("rect", { x: W - 46, y: 25, width: 40, height: 17, rx: 5 }, toggle);
    make("text", { x: W - 11, y: 37 }, toggle, `${node.c.length} ${state.all || state.columns.has(i) ? "▴" : "▾"}`);
  }
  scene.shown[i].forEach((c, at) => {
    const [name, type] = node.c[c], how = scene.light.columns.get(key(i, c));
    const row = make("g", { class: "column" + (how ? ` lit ${how}` : ""), transform: `translate(1,${HEAD + node.f.length * FACT + at * ROW})`, "data-node": i, "data-column": c }, g);
    make("rect", { x: 6, width: W - 12, height: ROW, rx: 4 }, row);
    const said = type ? cut(type, 80, TYPE) : "";
    make("text", { x: 14, y: 14.5 }, row, cut(name, W - 36 - widthOf(said, TYPE), COLUMN));
    if (said) make("text", { class: "type", x: W - 14, y: 14.5 }, row, said);
  });
  return g;
}

function drawGroup(group, g, parent) {
  const frame = scene.frames[g], open = state.open.has(g);
  const at = make("g", { class: `group ${open ? "open" : "shut"}`, transform: `translate(${frame.x},${frame.y})`, "data-group": g }, parent);
  make("title", {}, at, [`${group.k}/${group.n}`, group.d, group.at].filter(Boolean).join("\n"));
  if (open) {
    make("rect", { class: "box", width: frame.w, height: frame.h, rx: 12 }, at);
    make("text", { class: "name", x: PAD, y: 23 }, at, cut(group.n, frame.w - PAD - 40, NAME));
    group.f.forEach(([name, value, how], n) => make("text", { class: `fact ${how}`, x: PAD, y: TITLE + 4 + n * FACT }, at, cut(`${name} ${value}`, frame.w - 2 * PAD, SUB)));
  } else card(at, frame, group.k, group.n, `${group.k} · ${members[g].length} steps`, group.f);
  const toggle = make("g", { class: "toggle", "data-open": g }, at);
  make("rect", { x: frame.w - 30, y: open ? 8 : 25, width: 24, height: 19, rx: 5 }, toggle);
  make("text", { x: frame.w - 12, y: open ? 22 : 38 }, toggle, open ? "▴" : "▾");
  return at;
}

// A group, a loop or a choice: what is in it says the rest.
function drawScope(box, place, parent) {
  const at = make("g", { class: "scope", transform: `translate(${place.x},${place.y})`, "data-group": box.g }, parent);
  make("title", {}, at, [box.n, box.w, box.at].join("\n"));
  make("rect", { class: "box", width: place.w, height: place.h, rx: 10 }, at);
  make("text", { class: "name", x: 12, y: 16 }, at, cut(box.n, place.w - 20, NAME));
  make("text", { class: "sub", x: 12, y: 30 }, at, cut(box.w, place.w - 20, SUB));
}

// ---- camera

function show() {
  view.setAttribute("transform", `translate(${camera.x},${camera.y}) scale(${camera.k})`);
  view.classList.toggle("far", camera.k < 0.45);
}
const clamp = k => Math.min(2.5, Math.max(0.02, k));
function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const k = clamp(camera.k * factor);
  camera.x = x - (x - camera.x) * k / camera.k; camera.y = y - (y - camera.y) * k / camera.k; camera.k = k;
  show();
}
function fit() {
  const w = svg.clientWidth - 60, h = svg.clientHeight - 110;
  camera.k = clamp(Math.min(w / scene.w, h / scene.h, 1.15));
  camera.x = (svg.clientWidth - scene.w * camera.k) / 2; camera.y = Math.max(24, (svg.clientHeight - 40 - scene.h * camera.k) / 2);
  show();
}
function boxOf(pick) { return pick.group !== undefined ? scene.frames[pick.group] : scene.boxes[pick.node]; }
function center(pick) {
  const box = boxOf(pick), open = pick.group !== undefined && state.open.has(pick.group);
  camera.k = Math.max(camera.k, 0.8);
  // Of an open pipeline all steps, as long as they can be read.
  if (open) camera.k = Math.max(Math.min(camera.k, (svg.clientWidth - 60) / box.w, (svg.clientHeight - 110) / box.h), READABLE / 2);
  const w = open ? box.w : Math.min(box.w, W), h = open ? box.h : HEAD;
  camera.x = svg.clientWidth / 2 - (box.x + w / 2) * camera.k;
  camera.y = svg.clientHeight / 2 - (box.y + h / 2) * camera.k;
  show();
}
// Draws anew, and leaves what `pick` names where it is on the screen.
function redraw(pick) {
  const before = pick && scene && boxOf(pick);
  draw();
  if (before) {
    const after = boxOf(pick);
    camera.x += (before.x - after.x) * camera.k; camera.y += (before.y - after.y) * camera.k;
  }
  show();
}

// ---- picking

function select(pick, { move = false } = {}) {
  state.pick = pick;
  if (pick && pick.node !== undefined && nodes[pick.node].g >= 0 && !state.open.has(nodes[pick.node].g)) {
    state.open.add(nodes[pick.node].g); move = true;
  }
  redraw(move ? null : pick);
  details();
  if (pick && move) center(pick);
  $("said").textContent = pick ? label(pick) : "Nothing is picked";
  const hash = pick ? "#" + encodeURIComponent(label(pick)) : " ";
  try { history.replaceState(null, "", hash.trim() || location.pathname + location.search); } catch { /* a page of no address */ }
}
function label(pick) {
  if (pick.group !== undefined) return `${groups[pick.group].k}/${groups[pick.group].n}`;
  return nameOf(pick.node) + (pick.column !== undefined ? ":" + nodes[pick.node].c[pick.column][0] : "");
}
const toggle = (set, at) => set.has(at) ? set.delete(at) : set.add(at);
function openColumns(i) { toggle(state.columns, i); redraw({ node: i }); details(); }
function openGroup(g) {
  toggle(state.open, g);
  if (state.pick && state.pick.node !== undefined && nodes[state.pick.node].g === g) { select({ group: g }); return; }
  redraw({ group: g });
}

// ---- details

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const name in attributes)
    name.startsWith("on") ? made.addEventListener(name.slice(2), attributes[name]) : made.setAttribute(name, attributes[name]);
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}
function place(at) {
  if (!at) return null;
  const path = at.slice(0, at.lastIndexOf(":"));
  const href = (D.base + path).split("/").map(encodeURIComponent).join("/");
  const copy = element("button", { type: "button", title: "Copy", onclick: () => {
    if (navigator.clipboard) navigator.clipboard.writeText(at).then(() => { copy.textContent = "copied"; }, () => {});
    else getSelection().selectAllChildren(copy.previousSibling);
  } }, "copy");
  return element("span", { class: "at" }, D.base === null ? element("span", {}, at) : element("a", { href, target: "_blank", rel: "noopener" }, at), copy);
}
function line(pick, at, text = label(pick)) {
  return element("li", {}, element("button", { type: "button", class: "go", onclick: () => select(pick, { move: true }) }, text), element("div", {}, place(at)));
}
function list(title, items) {
  return items.length ? [element("h3", {}, `${title} (${items.length})`), element("ul", {}, ...items)] : [];
}
function details() {
  const aside = $("details"), pick = state.pick;
  const was = aside.hidden;
  aside.hidden = !pick;
  aside.replaceChildren();
  if (!pick) return;
  const shut = element("button", { type: "button", class: "shut", "aria-label": "Close", onclick: () => select(null) }, "×");
  const about = pick.group !== undefined ? groups[pick.group] : nodes[pick.node];
  const column = pick.column !== undefined ? about.c[pick.column] : null;
  const kindText = column ? "Column" : about.s ? "Step" : about.k;
  const lines = [element("div", { class: `kind t-${kind(about.k)}` }, kindText), element("h2", {}, label(pick))];
  if (column) {
    if (column[1]) lines.push(element("p", { class: "soft" }, column[1] + (column[4] ? ` in ${column[4]}` : "")));
    if (column[2]) lines.push(element("p", {}, column[2]));
    lines.push(place(column[3]));
    const ends = (map, title) => list(title, (map.get(key(pick.node, pick.column)) || []).map(([n, c, i]) => line(c < 0 ? { node: n } : { node: n, column: c }, D.traces[i][4])));
    lines.push(...ends(columnsUp, "Comes from"), ...ends(columnsDown, "Leads to"));
  } else {
    if (about.w) lines.push(element("p", { class: "soft" }, about.w));
    if (about.d) lines.push(element("p", {}, about.d));
    if (about.o) lines.push(element("p", { class: "soft" }, `Owner: ${about.o}`));
    lines.push(place(about.at));
    if (about.f.length) lines.push(element("h3", {}, `In ${D.environment}`), element("ul", {}, ...about.f.map(([name, value, how]) => element("li", {}, element("span", { class: "soft" }, name + " "), element("span", { class: how }, value)))));
    const mine = pick.group !== undefined ? members[pick.group] : [pick.node];
    const ends = (map, title) => list(title, mine.flatMap(i => map[i]).filter(([n]) => !(pick.group !== undefined && mine.includes(n))).map(([n, i]) => line({ node: n }, D.edges[i][2])));
    lines.push(...ends(up, "Comes from"), ...ends(down, "Leads to"));
    if (pick.group !== undefined) lines.push(...list("Steps", mine.map(i => line({ node: i }, nodes[i].at, nodes[i].s))));
    else if (about.c.length) lines.push(...list("Columns", about.c.map((c, at) => line({ node: pick.node, column: at }, "", c[0]))));
  }
  aside.append(shut, ...lines);
  if (was) show();
}

// ---- search

const haystack = [
  ...groups.map((group, g) => ({ pick: { group: g }, text: `${group.k}/${group.n}`, more: group.d, kind: group.k })),
  ...nodes.map((node, i) => ({ pick: { node: i }, text: nameOf(i), more: node.d + " " + node.w, kind: node.s ? "Step" : node.k })),
  ...nodes.flatMap((node, i) => node.c.map((c, at) => ({ pick: { node: i, column: at }, text: nameOf(i) + ":" + c[0], more: c[2], kind: "Column" }))),
].map(entry => ({ ...entry, low: entry.text.toLowerCase(), also: entry.more.toLowerCase() }));
let hits = [], at = 0;
// How near a name is to a word: 0 if a whole part of it is the word, 3 if it is in the description alone.
function distance(name, word) {
  const edge = at => name[at] === undefined || "/#:".includes(name[at]);
  let least = 3;
  for (let i = name.indexOf(word); i >= 0; i = name.indexOf(word, i + 1)) {
    const before = edge(i - 1), after = edge(i + word.length);
    least = Math.min(least, before && after ? 0 : before || after ? 1 : 2);
  }
  return least;
}
function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const score = entry => words.reduce((sum, word) => sum + distance(entry.low, word), 0);
  hits = words.length ? haystack.filter(entry => words.every(word => entry.low.includes(word) || entry.also.includes(word)))
    .map((entry, i) => [score(entry), entry.kind === "Column" ? 1 : 0, i, entry]).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]).map(hit => hit[3]) : [];
  at = 0;
  offer(words.length > 0);
}
function offer(open) {
  const box = $("results");
  box.hidden = !open;
  $("search").setAttribute("aria-expanded", open);
  box.replaceChildren(...hits.slice(0, 50).map((hit, i) => element("li", { role: "option", id: `hit-${i}`, "aria-selected": i === at, onmousedown: event => { event.preventDefault(); take(i); } }, element("small", {}, hit.kind), hit.text)));
  if (open && !hits.length) box.append(element("li", { class: "none" }, "Nothing has this name"));
  if (hits.length > 50) box.append(element("li", { class: "none" }, `and ${hits.length - 50} more`));
  if (hits.length) $("search").setAttribute("aria-activedescendant", `hit-${at}`);
  else $("search").removeAttribute("aria-activedescendant");
}
function take(i) {
  if (!hits[i]) return;
  offer(false);
  const pick = hits[i].pick;
  if (pick.group !== undefined) state.open.add(pick.group); // who looks for a pipeline wants to see its steps
  select(pick, { move: true });
  svg.focus({ preventScroll: true });
}
$("search").addEventListener("input", event => search(event.target.value));
$("search").addEventListener("blur", () => offer(false));
// What was looked for before stands there marked: the next word takes its place.
$("search").addEventListener("focus", event => { event.target.select(); search(event.target.value); });
$("search").addEventListener("keydown", event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && hits.length) { at = (at + step + Math.min(50, hits.length)) % Math.min(50, hits.length); offer(true); $(`hit-${at}`).scrollIntoView({ block: "nearest" }); event.preventDefault(); }
  else if (event.key === "Enter") take(at);
  else if (event.key === "Escape") { event.target.value = ""; offer(false); svg.focus(); }
  event.stopPropagation();
});

// ---- mouse, touch and keys

const pointers = new Map();
let dragged = false;
svg.addEventListener("pointerdown", event => { pointers.set(event.pointerId, event); dragged = false; });
svg.addEventListener("pointermove", event => {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const dx = event.clientX - last.clientX, dy = event.clientY - last.clientY;
  if (!dragged && Math.hypot(dx, dy) < 4) return;
  if (!dragged) { dragged = true; svg.setPointerCapture(event.pointerId); svg.classList.add("moving"); }
  if (pointers.size === 2) {
    const other = [...pointers.values()].find(one => one.pointerId !== event.pointerId), box = svg.getBoundingClientRect();
    const apart = one => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    zoom(apart(event) / Math.max(1, apart(last)), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
  } else { camera.x += dx; camera.y += dy; show(); }
  pointers.set(event.pointerId, event);
});
for (const name of ["pointerup", "pointercancel"])
  svg.addEventListener(name, event => { pointers.delete(event.pointerId); svg.classList.remove("moving"); });
svg.addEventListener("wheel", event => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
function under(target) {
  const found = target.closest && target.closest("[data-column], [data-toggle], [data-open], [data-node], [data-group]");
  return found ? found.dataset : null;
}
svg.addEventListener("click", event => {
  if (dragged) return;
  const found = under(event.target);
  if (!found) select(null);
  else if (found.toggle !== undefined) openColumns(+found.toggle);
  else if (found.open !== undefined) openGroup(+found.open);
  else if (found.column !== undefined) select({ node: +found.node, column: +found.column });
  else if (found.node !== undefined) select({ node: +found.node });
  else select({ group: +found.group });
});
svg.addEventListener("dblclick", event => {
  const found = under(event.target);
  if (found && found.group !== undefined) openGroup(+found.group);
  else if (found && found.node !== undefined && found.column === undefined && nodes[+found.node].c.length) openColumns(+found.node);
});
function enter() {
  const pick = state.pick;
  if (!pick) return;
  if (pick.group !== undefined) openGroup(pick.group);
  else if (pick.column === undefined && nodes[pick.node].c.length) openColumns(pick.node);
}
function walk(dx, dy) {
  const pick = state.pick;
  if (!pick) { if (nodes.length) select({ node: 0 }, { move: true }); return; }
  if (pick.column !== undefined) {
    const next = dx ? ((dx < 0 ? columnsUp : columnsDown).get(key(pick.node, pick.column)) || []).map(([n, c]) => c < 0 ? { node: n } : { node: n, column: c })[0]
      : { node: pick.node, column: pick.column + dy };
    if (next && (next.column === undefined || nodes[next.node].c[next.column])) select(next, { move: true });
    return;
  }
  const starts = pick.group !== undefined ? members[pick.group] : [pick.node];
  if (dx) {
    const next = starts.flatMap(i => (dx < 0 ? up : down)[i]).map(([n]) => n).find(n => !starts.includes(n));
    if (next !== undefined) select({ node: next }, { move: true });
    return;
  }
  const here = boxOf(pick);
  const near = nodes.map((_, i) => i).filter(i => scene.boxes[i] && Math.abs(scene.boxes[i].x - here.x) < W / 2 && (scene.boxes[i].y - here.y) * dy > 0 && (nodes[i].g < 0 || state.open.has(nodes[i].g)))
    .sort((a, b) => (scene.boxes[a].y - scene.boxes[b].y) * dy || a - b)[0];
  if (near !== undefined) select({ node: near }, { move: true });
}
const pan = 60;
const KEYS = {
  ArrowLeft: event => event.shiftKey ? (camera.x += pan, show()) : walk(-1, 0),
  ArrowRight: event => event.shiftKey ? (camera.x -= pan, show()) : walk(1, 0),
  ArrowUp: event => event.shiftKey ? (camera.y += pan, show()) : walk(0, -1),
  ArrowDown: event => event.shiftKey ? (camera.y -= pan, show()) : walk(0, 1),
  Enter: enter, Escape: () => select(null), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit,
  c: () => $("columns").click(), p: () => $("pipelines").click(), "/": () => $("search").focus(), "?": () => $("help").click(),
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, #details, header") && !["/", "?", "Escape"].includes(event.key)) return;
  if (Object.hasOwn(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](event); }
});
$("in").addEventListener("click", () => zoom(1.25));
$("out").addEventListener("click", () => zoom(0.8));
$("fit").addEventListener("click", fit);
$("columns").addEventListener("click", () => { state.all = !state.all; state.columns.clear(); redraw(state.pick); if (!state.pick) fit(); });
$("pipelines").addEventListener("click", () => {
  if (state.open.size) { state.open.clear(); if (state.pick && state.pick.node !== undefined && nodes[state.pick.node].g >= 0) { select({ group: nodes[state.pick.node].g }); return; } }
  else groups.forEach((_, g) => state.open.add(g));
  redraw(state.pick);
  if (!state.pick) fit();
});
$("help").addEventListener("click", () => { $("keys").hidden = !$("keys").hidden; $("help").setAttribute("aria-expanded", !$("keys").hidden); });
window.addEventListener("resize", show);

// ---- the page

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
$("project").textContent = D.project;
$("counts").textContent = [plural(nodes.filter(n => !n.s).length + groups.length, "document", "documents"), plural(nodes.filter(n => n.s).length, "step", "steps"), plural(D.edges.length, "edge", "edges")].join(" · ") + (D.environment ? ` · as it is in ${D.environment}` : "");
const there = new Set([...groups.map(group => group.k), ...nodes.map(node => node.k)]);
$("legend").append(
  ...KINDS.filter(name => there.has(name)).map(name => element("span", {}, element("i", { class: `k-${kind(name)}` }), name === "Pipeline" ? "Pipeline and its steps" : name)),
  ...[["up", "comes from"], ["down", "leads to"]].map(([way, text]) => element("span", {}, element("i", { class: `way ${way}` }), text)));
$("keys").append(element("div", {}, ...[["/", "search"], ["← →", "along edges"], ["↑ ↓", "beside"], ["Enter", "open columns, or a pipeline"], ["c", "all columns"], ["p", "all pipelines"], ["+ − 0", "zoom, show all"], ["Shift + arrows", "move"], ["Esc", "clear"]].flatMap(([name, does]) => [element("kbd", {}, name), element("span", {}, does)])));
state.all = D.columns;
if (nodes.length <= D.most) groups.forEach((_, g) => state.open.add(g));
draw();
fit();
if (camera.k < READABLE && state.open.size) { state.open.clear(); draw(); fit(); }
const wanted = (() => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; } })();
const found = wanted && haystack.find(entry => entry.text === wanted);
if (found) select(found.pick, { move: true });
document.documentElement.dataset.ready = "yes";
