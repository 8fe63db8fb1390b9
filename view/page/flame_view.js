// The page: lays out what is wide enough to be seen, draws it, and answers mouse and keys.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const model = new FlameModel(data);
  const ROW = 20, MIN_WIDTH = 0.6, TEXT_MIN = 26;
  const state = { event: 0, thread: -1, inverted: false, flame: false, withLine: false, zoom: null, query: "", hover: null, chosen: null, sort: "self" };
  let rows = [], found = { groups: null, weight: 0 }, maxDepth = 0, fadeText = "#000";
  const canvas = $("canvas"), scroll = $("scroll"), context = canvas.getContext("2d");

  // Hue, saturation and lightness by kind; a hash of the name varies them a little, so that
  // neighbours differ and one method looks alike everywhere.
  const PALETTE = {
    ruby: { name: "Ruby", light: [6, 78, 72], dark: [4, 56, 42], spread: 22 },
    cfunc: { name: "C function", light: [40, 86, 68], dark: [36, 62, 36], spread: 10 },
    native: { name: "Native", light: [208, 66, 74], dark: [210, 46, 40], spread: 14 },
    kernel: { name: "Kernel", light: [262, 44, 78], dark: [262, 30, 44], spread: 14 },
    gc: { name: "GC", light: [152, 48, 66], dark: [155, 42, 32], spread: 10 },
  };
  const isDark = () => document.documentElement.dataset.theme === "dark";
  const colours = new Map();

  function hash(text) {
    let h = 2166136261;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
    return (h >>> 0) / 4294967296;
  }

  function kindColour(kind, vary = 0.5) {
    const palette = PALETTE[data.kinds[kind]] || PALETTE.native;
    const [h, s, l] = isDark() ? palette.dark : palette.light;
    return `hsl(${h + (vary - 0.5) * 2 * palette.spread} ${s}% ${l + (((vary * 7) % 1) - 0.5) * 8}%)`;
  }

  // Red: a larger share than before; blue: a smaller one; grey: the same.
  function differenceColour(box) {
    const before = box.base * model.baseScale, change = (box.total - before) / Math.max(box.total, before, Number.MIN_VALUE);
    const strength = Math.min(1, Math.abs(change) * 1.6);
    const hue = change > 0 ? 354 : 212;
    return isDark() ? `hsl(${hue} ${strength * 62}% ${28 + strength * 14}%)` : `hsl(${hue} ${strength * 84}% ${88 - strength * 22}%)`;
  }

  function colourOf(box) {
    if (box.isRest) return isDark() ? "#262223" : "#f1ede8";
    if (!box.group) return isDark() ? "#3a3533" : "#e6e0d9";
    if (data.difference) return differenceColour(box);
    let colour = colours.get(box.group);
    if (!colour) colours.set(box.group, (colour = kindColour(box.group.kind, hash(box.group.name))));
    return colour;
  }

  // ---- Layout: rows of boxes; those above the zoomed one fill the width.

  function layout() {
    const width = canvas.clientWidth;
    const zoom = state.zoom || model.root;
    rows = [];
    const put = (box, x, w) => (rows[box.depth] ||= []).push({ box, x, w });
    for (let box = zoom.parent; box; box = box.parent) put(box, 0, width);
    const pending = [{ box: zoom, x: 0, w: width }];
    while (pending.length) {
      const { box, x, w } = pending.pop();
      put(box, x, w);
      const scale = box.width ? w / box.width : 0;
      const kids = model.kids(box);
      let at = x, shown = 0;
      for (const kid of kids) {
        const kidWidth = kid.width * scale;
        if (kidWidth < MIN_WIDTH) break; // sorted: the rest is thinner still
        pending.push({ box: kid, x: at, w: kidWidth });
        shown++;
        at += kidWidth;
      }
      if (shown < kids.length) put(restOf(box, kids.slice(shown)), at, kids.slice(shown).reduce((sum, kid) => sum + kid.width * scale, 0));
    }
    for (const row of rows) row && row.sort((a, b) => a.x - b.x);
    maxDepth = rows.length;
    $("spacer").style.height = `${Math.max(maxDepth * ROW + 8, scroll.clientHeight)}px`;
  }

  // What is too thin to be drawn, as one pale box.
  function restOf(parent, kids) {
    const total = kids.reduce((sum, kid) => sum + kid.total, 0), base = kids.reduce((sum, kid) => sum + kid.base, 0);
    return { group: null, isRest: true, count: kids.length, total, base, self: 0, parent, depth: parent.depth + 1 };
  }

  const contentHeight = () => Math.max(maxDepth * ROW + 8, scroll.clientHeight);
  const yOf = (depth) => (state.flame ? contentHeight() - (depth + 1) * ROW - 4 : depth * ROW + 4) - scroll.scrollTop;

  function sizeCanvas() {
    const ratio = window.devicePixelRatio || 1;
    const width = scroll.clientWidth, height = scroll.clientHeight;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  let isDrawQueued = false;
  function queueDraw() {
    if (isDrawQueued) return;
    isDrawQueued = true;
    requestAnimationFrame(() => { isDrawQueued = false; draw(); });
  }

  function draw() {
    const height = scroll.clientHeight, style = getComputedStyle(document.documentElement);
    context.fillStyle = style.getPropertyValue("--back");
    context.fillRect(0, 0, scroll.clientWidth, height);
    context.font = `12px ${style.getPropertyValue("--mono")}`;
    context.textBaseline = "middle";
    fadeText = style.getPropertyValue("--soft");
    const text = style.getPropertyValue("--text"), match = style.getPropertyValue("--match");
    const charWidth = context.measureText("m").width;
    rows.forEach((row, depth) => {
      const y = yOf(depth);
      if (!row || y < -ROW || y > height) return;
      for (const { box, x, w } of row) drawBox(box, x, y, w, { text, match, charWidth });
    });
  }

  function drawBox(box, x, y, w, { text, match, charWidth }) {
    const isMatch = found.groups && box.group && found.groups[box.group.id];
    const isFaded = (found.groups && !isMatch) || (state.zoom && box.depth < state.zoom.depth);
    const gap = w > 3 ? 1 : 0;
    context.globalAlpha = isFaded ? 0.38 : 1;
    context.fillStyle = isMatch ? match : colourOf(box);
    context.beginPath();
    if (w > 6) context.roundRect(x, y, w - gap, ROW - 1, 3); else context.rect(x, y, Math.max(w - gap, 0.5), ROW - 1);
    context.fill();
    if (box === state.hover || box === state.chosen) {
      context.globalAlpha = 1;
      context.strokeStyle = text;
      context.lineWidth = box === state.chosen ? 2 : 1.2;
      context.stroke();
    }
    if (w > TEXT_MIN) {
      context.globalAlpha = isFaded ? 0.6 : 1;
      context.fillStyle = box.isRest ? fadeText : isMatch ? (isDark() ? "#2a0733" : "#fff") : isFaded ? fadeText : text;
      // A box that begins left of the view keeps its name in sight.
      const room = Math.floor((w - 9) / charWidth);
      context.fillText(fitted(labelOf(box), room), x + 5, y + ROW / 2);
    }
    context.globalAlpha = 1;
  }

  function labelOf(box) {
    if (box.isRest) return `${box.count.toLocaleString("en-US")} smaller`;
    if (!box.group) return state.thread < 0 ? "all threads" : threadName(data.threads[state.thread]);
    const place = state.withLine && box.group.line > 0 ? `  ${placeOf(box.group).replace(/^.*\//, "")}` : "";
    return box.group.name + place;
  }

  // The method is the telling end of Module::Class#method, the address that of library.so.1+0x2f40.
  function fitted(label, room) {
    if (label.length <= room) return label;
    const address = label.replace(/^.*(?=\+0x[0-9a-f]+$)/, "");
    if (address.length < label.length) return address.length + 1 <= room ? "…" + address : "";
    const short = label.replace(/^.*::(?=[^:]*[#.])/, "");
    if (short.length < label.length && short.length + 1 <= room) return "…" + short;
    const method = label.replace(/^.*(?=[#.])/, "");
    if (method.length < label.length && method.length + 1 <= room) return "…" + method;
    return room > 2 ? label.slice(0, room - 1) + "…" : "";
  }

  // ---- Changing what is shown.

  function threadName(thread) { return `${thread.name || "thread"} (${thread.tid})`; }

  function pathOf(box) {
    const path = [];
    for (let b = box; b && b.group; b = b.parent) path.unshift(b.group.name);
    return path;
  }

  function select(keepZoom = false) {
    const path = keepZoom && state.zoom ? pathOf(state.zoom) : [];
    model.select(state);
    state.zoom = state.hover = state.chosen = null;
    let box = model.root;
    for (const name of path) {
      const kid = model.kids(box).find((k) => k.group.name === name);
      if (!kid) break;
      box = kid;
    }
    if (box !== model.root) state.zoom = box;
    search();
    fillTable();
    showControls();
    refresh(true);
  }

  function refresh(toRoots = false) {
    layout();
    if (toRoots) scroll.scrollTop = state.flame ? contentHeight() : 0;
    showCrumbs();
    queueDraw();
  }

  function zoomTo(box) {
    state.zoom = box && box.group ? box : null;
    state.chosen = state.zoom;
    hideTip();
    refresh();
    const y = yOf(state.zoom ? state.zoom.depth : 0);
    if (y < 0 || y > scroll.clientHeight - ROW) scroll.scrollTop += y - scroll.clientHeight / 3;
    showDetail(state.zoom);
  }

  function search() {
    found = model.search(state.query);
    const share = found.groups ? percent(found.weight, model.total) : "";
    $("matched").textContent = found.error ? "not a regex" : share && `${share} matched`;
  }

  function showControls() {
    const press = (id, on) => $(id).setAttribute("aria-pressed", on);
    press("callers", !state.inverted); press("callees", state.inverted);
    press("icicle", !state.flame); press("flame", state.flame);
    press("methods", !state.withLine); press("lines", state.withLine);
    press("panel-toggle", !$("panel").hidden);
    $("event").value = state.event;
    $("thread").value = state.thread;
    const event = data.events[state.event];
    $("summary").textContent = data.difference
      ? `${event.name}: ${weightText(model.baseTotal, event)} → ${weightText(model.total, event)}`
      : `${event.name}: ${weightText(model.total, event)}`;
  }

  function showCrumbs() {
    const crumbs = $("crumbs");
    crumbs.textContent = "";
    if (!state.zoom) { crumbs.textContent = "Click a box to zoom into it"; return; }
    const path = [];
    for (let box = state.zoom; box; box = box.parent) path.unshift(box);
    // A deep stack: the first, and the last few.
    const shown = path.length > 8 ? [path[0], null, ...path.slice(-6)] : path;
    shown.forEach((box, i) => {
      if (i) crumbs.append("›");
      if (!box) { crumbs.append(" … "); return; }
      const button = document.createElement("button");
      button.textContent = box.group ? box.group.name : "all";
      button.onclick = () => zoomTo(box);
      crumbs.append(button);
    });
    const reset = document.createElement("button");
    reset.className = "reset";
    reset.id = "reset";
    reset.textContent = "Reset zoom";
    reset.onclick = () => zoomTo(null);
    crumbs.append(reset);
  }

  function fillTable() {
    if ($("panel").hidden) return;
    const compare = {
      self: (a, b) => b.self - a.self || b.total - a.total,
      total: (a, b) => b.total - a.total || b.self - a.self,
      name: (a, b) => a.group.name.localeCompare(b.group.name),
    }[state.sort];
    const body = $("rows");
    body.textContent = "";
    for (const row of model.table().sort(compare).slice(0, 500)) {
      const line = body.insertRow();
      line.insertCell().textContent = percent(row.self, model.total);
      line.insertCell().textContent = percent(row.total, model.total);
      const name = line.insertCell(), dot = document.createElement("i");
      dot.style.background = kindColour(row.group.kind);
      name.append(dot, row.group.name);
      name.title = `${row.group.name}\n${placeOf(row.group)}`;
      line.onclick = () => setQuery(state.query === row.group.name ? "" : row.group.name);
    }
    document.querySelectorAll("#panel th").forEach((th) => {
      if (th.dataset.sort === state.sort) th.setAttribute("aria-sort", "descending"); else th.removeAttribute("aria-sort");
    });
  }

  function setQuery(text) {
    state.query = text;
    $("search").value = text;
    search();
    queueDraw();
  }

  // ---- The box under the mouse.

  function boxAt(x, y) {
    const top = y + scroll.scrollTop;
    const depth = state.flame ? Math.floor((contentHeight() - 4 - top) / ROW) : Math.floor((top - 4) / ROW);
    const row = rows[depth];
    if (!row) return null;
    let low = 0, high = row.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, { x: left, w } = row[middle];
      if (x < left) high = middle - 1; else if (x >= left + w) low = middle + 1; else return row[middle].box;
    }
    return null;
  }

  function element(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    e.textContent = text;
    return e;
  }

  function placeText(group) {
    const kind = (PALETTE[data.kinds[group.kind]] || { name: "" }).name;
    const place = placeOf(group);
    const several = !group.withLine && group.lines > 1 ? ` and ${group.lines - 1} more line${group.lines > 2 ? "s" : ""}` : "";
    if (!place) return kind;
    return data.kinds[group.kind] === "cfunc" ? `${kind}, called at ${place}${several}` : `${kind}, ${place}${several}`;
  }

  function fillTip(box) {
    const tip = $("tip"), event = data.events[state.event];
    tip.textContent = "";
    tip.append(element("b", "", box.group ? box.group.name : labelOf(box)));
    tip.append(element("div", "place", box.group ? placeText(box.group) : ""));
    const table = document.createElement("table");
    const add = (...cells) => { const row = table.insertRow(); for (const c of cells) row.insertCell().textContent = c; return row; };
    if (box.group && (!state.inverted || box.depth === 1)) add("Self", percent(box.self, model.total), weightText(box.self, event));
    add("Total", percent(box.total, model.total), weightText(box.total, event));
    if (box.parent && box.parent.group) add(state.inverted ? "Of the callee" : "Of the caller", percent(box.total, box.parent.total));
    if (data.difference) {
      const change = 100 * (model.total ? box.total / model.total : 0) - 100 * (model.baseTotal ? box.base / model.baseTotal : 0);
      add("Before", percent(box.base, model.baseTotal), weightText(box.base, event));
      add("Change", `${change > 0 ? "+" : ""}${change.toFixed(2)} points`).className = change > 0 ? "more" : "less";
    }
    tip.append(table);
  }

  function showTip(box, clientX, clientY) {
    const tip = $("tip");
    fillTip(box);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(clientX + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${clientY + 18 + height > innerHeight ? Math.max(4, clientY - height - 12) : clientY + 18}px`;
  }

  function hideTip() { $("tip").hidden = true; }

  function showDetail(box) {
    $("detail").textContent = box && box.group
      ? `${box.group.name}  ${placeOf(box.group)}  total ${percent(box.total, model.total)}${state.inverted ? "" : `, self ${percent(box.self, model.total)}`}`
      : "";
  }

  // ---- Keys: the chosen box moves; Enter zooms.

  function move(key) {
    const box = state.chosen || state.zoom || model.root;
    const down = state.flame ? "ArrowUp" : "ArrowDown", up = state.flame ? "ArrowDown" : "ArrowUp";
    let next = box;
    if (key === down) next = model.kids(box)[0] || box;
    else if (key === up) next = box.parent || box;
    else if (box.parent) {
      const kids = model.kids(box.parent);
      next = kids[kids.indexOf(box) + (key === "ArrowRight" ? 1 : -1)] || box;
    }
    state.chosen = next;
    showDetail(next);
    const y = yOf(next.depth);
    if (y < 0) scroll.scrollTop += y - ROW; else if (y > scroll.clientHeight - ROW) scroll.scrollTop += y - scroll.clientHeight + 2 * ROW;
    queueDraw();
  }

  const keys = {
    "/": ["find a method", () => { $("search").focus(); $("search").select(); }],
    "← ↑ ↓ →": ["move between boxes"],
    Enter: ["zoom into the chosen box", () => state.chosen && zoomTo(state.chosen)],
    Backspace: ["zoom out to the caller", () => state.zoom && zoomTo(state.zoom.parent)],
    Escape: ["clear the search, then the zoom", () => (state.query ? setQuery("") : zoomTo(null))],
    i: ["callers first or callees first", () => { state.inverted = !state.inverted; select(); }],
    f: ["icicle or flame", () => { state.flame = !state.flame; showControls(); refresh(true); }],
    l: ["a box a method or a line", () => { state.withLine = !state.withLine; colours.clear(); select(true); }],
    m: ["table of methods", togglePanel],
    t: ["light or dark", toggleTheme],
    "?": ["this help", () => $("keys").showModal()],
  };

  function togglePanel() {
    $("panel").hidden = !$("panel").hidden;
    fillTable();
    showControls();
    resize();
  }

  function toggleTheme() {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    colours.clear();
    showLegend();
    fillTable();
    queueDraw();
  }

  function resize() {
    sizeCanvas();
    layout();
    queueDraw();
  }

  // ---- Setting up.

  function showLegend() {
    const legend = $("legend");
    legend.textContent = "";
    const add = (name, colour) => {
      const span = element("span", "", name), dot = document.createElement("i");
      dot.style.background = colour;
      span.prepend(dot);
      legend.append(span);
    };
    if (data.difference) {
      add("more than before", differenceColour({ total: 1e9, base: 0 }));
      add("less", differenceColour({ total: 0, base: 1e9 / (model.baseScale || 1) }));
      return;
    }
    const used = new Set(model.byMethod.groups.map((group) => group.kind));
    data.kinds.forEach((kind, i) => used.has(i) && add(PALETTE[kind] ? PALETTE[kind].name : kind, kindColour(i)));
  }

  function fillChoices() {
    const option = (value, text) => { const o = document.createElement("option"); o.value = value; o.textContent = text; return o; };
    data.events.forEach((event, i) => $("event").append(option(i, event.name)));
    $("event-label").hidden = data.events.length < 2;
    $("thread").parentElement.hidden = data.threads.length < 2;
    const weights = data.threads.map(() => 0);
    data.counts.thread.forEach((thread, i) => { if (data.counts.event[i] === state.event) weights[thread] += data.counts.weight[i]; });
    const sum = weights.reduce((a, b) => a + b, 0);
    $("thread").append(option(-1, `All ${data.threads.length}`));
    data.threads.map((thread, i) => [thread, i]).sort((a, b) => weights[b[1]] - weights[a[1]])
      .forEach(([thread, i]) => $("thread").append(option(i, `${threadName(thread)}  ${percent(weights[i], sum)}`)));
  }

  function fillKeys() {
    const list = document.createElement("dl");
    for (const [key, [text]] of Object.entries(keys)) {
      const term = document.createElement("dt");
      term.append(element("kbd", "", key));
      list.append(term, element("dd", "", text));
    }
    const facts = document.createElement("ul");
    for (const fact of data.facts) facts.append(element("li", "", fact));
    $("keys").append(element("h2", "", "Keys"), list, element("h2", "", "Recording"), facts);
  }

  function listen() {
    const on = (id, event, handler) => $(id).addEventListener(event, handler);
    on("event", "change", (e) => { state.event = Number(e.target.value); select(); });
    on("thread", "change", (e) => { state.thread = Number(e.target.value); select(true); });
    on("callers", "click", () => state.inverted && keys.i[1]());
    on("callees", "click", () => state.inverted || keys.i[1]());
    on("icicle", "click", () => state.flame && keys.f[1]());
    on("flame", "click", () => state.flame || keys.f[1]());
    on("methods", "click", () => state.withLine && keys.l[1]());
    on("lines", "click", () => state.withLine || keys.l[1]());
    on("panel-toggle", "click", togglePanel);
    on("theme", "click", toggleTheme);
    on("help", "click", keys["?"][1]);
    on("keys", "click", (e) => e.target === $("keys") && $("keys").close());
    on("search", "input", (e) => setQuery(e.target.value));
    on("scroll", "scroll", queueDraw);
    document.querySelectorAll("#panel th").forEach((th) => th.addEventListener("click", () => { state.sort = th.dataset.sort; fillTable(); }));
    canvas.addEventListener("mousemove", (e) => {
      const box = boxAt(e.offsetX, e.offsetY);
      canvas.style.cursor = box ? "pointer" : "default";
      if (box) showTip(box, e.clientX, e.clientY); else hideTip();
      if (box === state.hover) return;
      state.hover = box;
      showDetail(box);
      queueDraw();
    });
    canvas.addEventListener("mouseleave", () => { state.hover = null; hideTip(); queueDraw(); });
    canvas.addEventListener("click", (e) => { const box = boxAt(e.offsetX, e.offsetY); if (box) zoomTo(box.isRest ? box.parent : box); });
    document.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open) return;
      if (e.target === $("search")) {
        if (e.key === "Escape") { setQuery(""); scroll.focus(); } else if (e.key === "Enter") scroll.focus();
        return;
      }
      if (e.target.tagName === "SELECT" || (e.target.tagName === "BUTTON" && e.key === "Enter")) return;
      if (e.key.startsWith("Arrow")) { e.preventDefault(); move(e.key); return; }
      const entry = keys[e.key];
      if (entry && entry[1]) { e.preventDefault(); entry[1](); }
    });
    new ResizeObserver(resize).observe(scroll);
  }

  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  $("title").textContent = data.title;
  $("facts-line").textContent = data.facts.length ? data.facts[data.facts.length - 1] : "";
  fillChoices();
  fillKeys();
  listen();
  sizeCanvas();
  select();
  showLegend();

  // For scripts that look at the page: what is drawn, and where on the page.
  window.flameGraph = {
    model,
    state,
    boxes: () => {
      const { left, top } = canvas.getBoundingClientRect();
      return rows.flatMap((row, depth) => (row || []).map(({ box, x, w }) => ({
        name: box.group ? box.group.name : "", isRest: !!box.isRest, depth, x: left + x, y: top + yOf(depth), width: w, height: ROW,
        total: box.total, self: box.self, matched: !!(found.groups && box.group && found.groups[box.group.id]),
      })));
    },
  };
})();
