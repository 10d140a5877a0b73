"use strict";
// The page of all weights: four sliders that share as collab.weights.Weights does, and figures looked up in the grid.
(async () => {
  const FAINTEST = 1e-6;
  const SVG = "http://www.w3.org/2000/svg";
  const at = (id) => document.getElementById(id);
  const sum = (values) => values.reduce((all, one) => all + one, 0);
  const four = (values) => values.join(" · ");
  const counted = (value) => value.toLocaleString("en");

  const grid = await unpacked();
  if (grid === null) return;
  const rows = new Map(grid.weights.map((values, row) => [values.join(), row]));
  const knobs = [0, 1, 2, 3].map((place) => at(`knob${place}`));
  const gets = [...document.querySelectorAll("#gets tbody tr")];
  let weights, shares, row, waiting = false;

  async function unpacked() {
    try {
      const packed = Uint8Array.from(atob(at("grid").textContent), (one) => one.charCodeAt(0));
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(stream).text());
    } catch (error) {
      at("shown").textContent = `This browser cannot unpack the figures (${error.message}); open the page in a newer one.`;
      return null;
    }
  }

  // Whole parts in proportion to shares: the largest remainders round up, ties to the first.
  function apportion(total, given) {
    const whole = sum(given);
    const exact = given.map((one) => whole > 0 ? Math.round(1e9 * total * one / whole) / 1e9 : total / given.length);
    const parts = exact.map(Math.trunc);
    const order = parts.map((_, place) => place);
    order.sort((one, other) => (parts[one] - exact[one]) - (parts[other] - exact[other]) || one - other);
    for (const place of order.slice(0, total - sum(parts))) parts[place] += 1;
    return parts;
  }

  function take(values) {
    weights = [...values];
    shares = weights.map((one) => Math.max(one / 100, FAINTEST ** 2));
    later();
  }

  // One weight moves, the others share the rest in proportion to what they last had.
  function move(place, value) {
    if (weights[place] === value) return;
    const rest = 1 - value / 100;
    const kept = [0, 1, 2, 3].filter((one) => one !== place);
    const total = sum(kept.map((one) => shares[one]));
    for (const one of kept) shares[one] = (total > 0 ? shares[one] / total : 1 / 3) * Math.max(rest, FAINTEST);
    shares[place] = value / 100;
    const [fixed, left] = apportion(100, [shares[place], Math.max(rest, 0)]);
    const parts = apportion(left, kept.map((one) => shares[one]));
    weights[place] = fixed;
    kept.forEach((one, number) => { weights[one] = parts[number]; });
    shares = shares.map((one) => Math.max(one, FAINTEST ** 2));
    later();
  }

  // All moves of one frame are drawn once.
  function later() {
    if (!waiting) requestAnimationFrame(() => { waiting = false; draw(); });
    waiting = true;
  }

  function draw() {
    knobs.forEach((knob, place) => {
      knob.value = weights[place];
      at(`said${place}`).textContent = (weights[place] / 100).toFixed(2);
    });
    const near = apportion(100 / grid.step, weights).map((part) => part * grid.step);
    row = rows.get(near.join());
    const off = near.join() !== weights.join();
    const nearest = off ? `, the nearest of the grid: the sliders are at ${four(weights)}` : "";
    const force = grid.today !== null && near.join() === grid.today.join() ? " (the weights in force)" : "";
    at("shown").textContent = `Shown: ${four(near)}${force}${nearest}.`;
    at("forest").innerHTML = grid.forests[row];
    at("moved").textContent = grid.moved[row];
    gets.forEach(get);
    for (const plot of [map, scatter]) plot.mark();
  }

  function get(line, agent) {
    const [before, after] = [grid.before[agent], grid.after[row][agent]];
    const change = after - before;
    const [, now, differs, bars] = line.querySelectorAll("td");
    now.firstChild.data = counted(after);
    now.lastChild.textContent = `${(100 * after / grid.n).toFixed(1)} %`;
    differs.textContent = change ? `${change > 0 ? "+" : "−"}${counted(Math.abs(change))}` : "same";
    bars.querySelector(".is").style.width = `${100 * after / grid.most}%`;
  }

  function drawn(parent, kind, fields) {
    const made = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(fields)) made.setAttribute(name, value);
    return parent.appendChild(made);
  }

  // A drawing of all weights; a click takes those of the nearest mark.
  function plot(id, size) {
    const svg = at(id), marks = drawn(svg, "g", {}), over = drawn(svg, "g", {});
    const made = grid.weights.map(() => drawn(marks, id === "map" ? "rect" : "circle", {}));
    const here = { svg, over, made, x: [], y: [], mark: () => {} };
    svg.addEventListener("click", (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const apart = (one) => (here.x[one] - point.x) ** 2 + (here.y[one] - point.y) ** 2;
      const known = made.map((_, one) => one).filter((one) => Number.isFinite(apart(one)));
      const near = known.reduce((best, one) => apart(one) < apart(best) ? one : best, known[0]);
      if (near !== undefined && apart(near) < size ** 2) take(grid.weights[near]);
    });
    return here;
  }

  const map = plot("map", 2), scatter = plot("scatter", 4);
  map.x = grid.x;
  map.y = grid.y.map((one) => -one);
  const [left, right, top, bottom] = [Math.min(...map.x), Math.max(...map.x), Math.min(...map.y), Math.max(...map.y)];
  map.svg.setAttribute("viewBox", `${left - 1} ${top - 1} ${right - left + 2} ${bottom - top + 2}`);
  const tile = (one) => ({ x: map.x[one] - 0.5, y: map.y[one] - 0.435, width: 1, height: 0.87 });
  map.made.forEach((rect, one) => { for (const [name, value] of Object.entries(tile(one))) rect.setAttribute(name, value); });

  function star(place, x, y, size) {
    const points = [...Array(10).keys()].map((one) => {
      const [far, turn] = [one % 2 ? size / 2.4 : size, Math.PI * (one / 5 - 0.5)];
      return `${x + far * Math.cos(turn)},${y + far * Math.sin(turn)}`;
    });
    drawn(place, "polygon", { points: points.join(" "), fill: grid.colours.today, stroke: "#111820", "stroke-width": size / 8 });
  }

  map.mark = () => {
    map.over.replaceChildren();
    for (const one of front()) drawn(map.over, "rect", { ...tile(one), class: "outlined", "stroke-width": 0.2 });
    if (grid.start !== null && grid.today !== null) star(map.over, map.x[grid.start], map.y[grid.start], 1.1);
    drawn(map.over, "rect", { ...tile(row), fill: "none", stroke: grid.colours.chosen, "stroke-width": 0.35 });
  };
  scatter.mark = () => {
    scatter.over.replaceChildren();
    const ring = (one, fields) => Number.isFinite(scatter.x[one] + scatter.y[one]) &&
      drawn(scatter.over, "circle", { cx: scatter.x[one], cy: scatter.y[one], r: 1.3, fill: "none", ...fields });
    for (const one of front()) ring(one, { class: "outlined", "stroke-width": 0.5 });
    if (grid.start !== null && grid.today !== null && ring(grid.start, { stroke: "none" }))
      star(scatter.over, scatter.x[grid.start], scatter.y[grid.start], 2);
    ring(row, { stroke: grid.colours.chosen, "stroke-width": 0.9, r: 2 });
  };

  const front = () => grid.fronts[`${at("metric").value} ${at("across").value}`];
  const share = (column, one) => {
    const value = column.values[one];
    return value === null ? NaN : (value - column.low) / (column.high - column.low || 1);
  };

  const inside = (one) => one >= -0.02 && one <= 1.02;  // pale points may lie outside of what the log can say

  function choose() {
    const [up, across] = [grid.columns[at("metric").value], grid.columns[at("across").value]];
    const colours = grid.colours.palette;
    grid.weights.forEach((_, one) => {
      const high = share(up, one);
      const step = Math.min(colours.length - 1, Math.max(0, Math.floor(high * colours.length)));
      map.made[one].setAttribute("fill", Number.isNaN(high) ? "#9aa3ae" : colours[step]);
      const seen = inside(high) && inside(share(across, one));
      scatter.x[one] = seen ? 3 + 94 * share(across, one) : NaN;
      scatter.y[one] = seen ? 67 - 64 * high : NaN;
      const look = seen ? { cx: scatter.x[one], cy: scatter.y[one], r: 0.8, fill: "#3b82f6" } : { r: 0 };
      for (const [name, value] of Object.entries(look)) scatter.made[one].setAttribute(name, value);
      for (const mark of [map.made[one], scatter.made[one]]) mark.classList.toggle("pale", grid.refused[one]);
    });
    for (const [where, column] of [["least", up], ["bottom", up], ["first", across]]) at(where).textContent = column.ends[0];
    for (const [where, column] of [["greatest", up], ["peak", up], ["last", across]]) at(where).textContent = column.ends[1];
    for (const [where, column] of [["coloured", up], ["upwards", up], ["sideways", across]]) at(where).textContent = column.label;
    const first = at("front").options[0];
    at("front").replaceChildren(first, ...front().map((one) => new Option(
      `${four(grid.weights[one])}: ${up.label} ${up.words[one]}, ${across.label} ${across.words[one]}`, one)));
    at("none").hidden = front().length > 0;
    if (row !== undefined) for (const one of [map, scatter]) one.mark();
  }

  knobs.forEach((knob, place) => knob.addEventListener("input", () => move(place, Number(knob.value))));
  at("back").addEventListener("click", () => take(grid.begin));
  for (const id of ["metric", "across"]) at(id).addEventListener("change", choose);
  at("front").addEventListener("change", (event) => event.target.value && take(grid.weights[event.target.value]));
  for (const one of document.querySelectorAll("[disabled]")) one.disabled = false;
  choose();
  take(grid.begin);
})();
