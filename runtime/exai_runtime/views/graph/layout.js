// Places boxes in layers from left to right. In: boxes with width and height, links between their
// indices. Out: x and y of each, and the points between layers that a link bends at. The same input
// gives the same picture: ties are broken by index, and nothing is random.

const GAP_X = 60, GAP_Y = 18, BEND = 10, SWEEPS = 6;

function layered(boxes, links) {
  const seen = new Set();
  links = links.filter(([a, b]) => a !== b && !seen.has(a + "," + b) && seen.add(a + "," + b));
  const parts = components(boxes.length, links).map(indices => component(boxes, links, indices));
  return packed(parts, boxes.length);
}

function components(count, links) {
  const parent = Array.from({ length: count }, (_, i) => i);
  const find = i => { while (parent[i] !== i) { parent[i] = parent[parent[i]]; i = parent[i]; } return i; };
  for (const [a, b] of links) parent[Math.max(find(a), find(b))] = Math.min(find(a), find(b));
  const groups = new Map();
  for (let i = 0; i < count; i++) {
    const root = find(i);
    if (!groups.has(root)) groups.set(root, []);
    groups.get(root).push(i);
  }
  return [...groups.values()];
}

function component(boxes, links, indices) {
  const here = new Map(indices.map((index, at) => [index, at]));
  const mine = links.filter(([a]) => here.has(a)).map(([a, b]) => [here.get(a), here.get(b)]);
  const items = indices.map(index => ({ w: boxes[index].w, h: boxes[index].h, index }));
  const forward = acyclic(items.length, mine);
  layer(items, forward);
  const chains = bends(items, forward);
  const layers = [];
  items.forEach((item, at) => (layers[item.layer] ||= []).push(at));
  const above = items.map(() => []), below = items.map(() => []);
  for (const chain of chains)
    for (let i = 1; i < chain.length; i++) { below[chain[i - 1]].push(chain[i]); above[chain[i]].push(chain[i - 1]); }
  order(items, layers, above, below);
  const size = place(items, layers, above, below);
  return { items, size, chains: chains.map((chain, i) => ({ ends: forward[i].map(at => indices[at]), through: chain.slice(1, -1) })) };
}

// Without the links that close a cycle: specs with one are errors, a drawing shows them all the same.
function acyclic(count, links) {
  const out = Array.from({ length: count }, () => []);
  links.forEach(([a, b], i) => out[a].push([b, i]));
  const state = new Uint8Array(count), back = new Set();
  for (let start = 0; start < count; start++) {
    if (state[start]) continue;
    const stack = [[start, 0]];
    state[start] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top[1] === out[top[0]].length) { state[top[0]] = 2; stack.pop(); continue; }
      const [next, link] = out[top[0]][top[1]++];
      if (state[next] === 1) back.add(link);
      else if (!state[next]) { state[next] = 1; stack.push([next, 0]); }
    }
  }
  return links.filter((_, i) => !back.has(i));
}

// The longest way from a source; a source itself stands right before what it leads to.
function layer(items, links) {
  const left = items.map(() => 0), out = items.map(() => []);
  for (const [a, b] of links) { left[b]++; out[a].push(b); }
  const sources = left.map(n => n === 0), ready = [];
  items.forEach((item, i) => { item.layer = 0; if (!left[i]) ready.push(i); });
  for (let at = 0; at < ready.length; at++)
    for (const next of out[ready[at]]) {
      items[next].layer = Math.max(items[next].layer, items[ready[at]].layer + 1);
      if (--left[next] === 0) ready.push(next);
    }
  items.forEach((item, i) => {
    if (sources[i] && out[i].length) item.layer = Math.min(...out[i].map(next => items[next].layer)) - 1;
  });
}

// A link over several layers gets a small box in each, so that boxes make room for it.
function bends(items, links) {
  return links.map(([a, b]) => {
    const chain = [a];
    for (let at = items[a].layer + 1; at < items[b].layer; at++)
      chain.push(items.push({ w: 0, h: BEND, layer: at, index: -1 }) - 1);
    return [...chain, b];
  });
}

function order(items, layers, above, below) {
  layers.forEach(row => row.forEach((at, i) => { items[at].order = i; }));
  const arrange = (row, near) => {
    const wish = new Map(row.map(at => {
      const orders = near[at].map(other => items[other].order).sort((a, b) => a - b);
      const middle = orders.length >> 1;
      return [at, !orders.length ? items[at].order : orders.length % 2 ? orders[middle] : (orders[middle - 1] + orders[middle]) / 2];
    }));
    row.sort((a, b) => wish.get(a) - wish.get(b) || items[a].order - items[b].order || a - b);
    row.forEach((at, i) => { items[at].order = i; });
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 1; i < layers.length; i++) arrange(layers[i], above);
    for (let i = layers.length - 2; i >= 0; i--) arrange(layers[i], below);
  }
}

function place(items, layers, above, below) {
  let x = 0;
  for (const row of layers) {
    const width = Math.max(...row.map(at => items[at].w));
    let y = 0;
    for (const at of row) {
      const item = items[at];
      item.x = x; item.across = width; item.y = y;
      y += item.h + GAP_Y;
    }
    x += width + GAP_X;
  }
  const middle = at => items[at].y + items[at].h / 2;
  const settle = (row, near) => {
    let floor = -Infinity, drift = 0;
    for (const at of row) {
      const item = items[at], others = near[at];
      const wish = others.length ? others.reduce((sum, other) => sum + middle(other), 0) / others.length - item.h / 2 : item.y;
      item.y = Math.max(wish, floor);
      floor = item.y + item.h + GAP_Y;
      drift += wish - item.y;
    }
    for (const at of row) items[at].y += drift / row.length;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 1; i < layers.length; i++) settle(layers[i], above);
    for (let i = layers.length - 2; i >= 0; i--) settle(layers[i], below);
  }
  const top = Math.min(...items.map(item => item.y));
  items.forEach(item => { item.y -= top; });
  return { w: x - GAP_X, h: Math.max(...items.map(item => item.y + item.h)) };
}

// Components in rows, about as wide as a screen is to its height; the largest first.
function packed(parts, count) {
  parts.sort((a, b) => b.items.length - a.items.length || a.items[0].index - b.items[0].index);
  const area = parts.reduce((sum, { size }) => sum + (size.w + GAP_X) * (size.h + 3 * GAP_Y), 0);
  const width = Math.max(Math.sqrt(area * 1.7), ...parts.map(({ size }) => size.w));
  const at = new Array(count), routes = [];
  let x = 0, y = 0, high = 0, right = 0;
  for (const part of parts) {
    if (x && x + part.size.w > width) { x = 0; y += high + 3 * GAP_Y; high = 0; }
    for (const item of part.items)
      if (item.index >= 0) at[item.index] = { x: x + item.x, y: y + item.y };
    for (const { ends, through } of part.chains)
      routes.push({ ends, through: through.map(i => part.items[i]).map(item => ({ x: x + item.x, y: y + item.y + item.h / 2, w: item.across })) });
    right = Math.max(right, x + part.size.w);
    x += part.size.w + GAP_X;
    high = Math.max(high, part.size.h);
  }
  return { at, routes, w: right, h: y + high };
}
