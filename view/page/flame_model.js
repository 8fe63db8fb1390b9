// The data of the page and the trees made from it; knows nothing of the page itself.
"use strict";

class FlameModel {
  constructor(data) {
    this.data = data;
    const n = data.nodes.up.length + 1;
    this.caller = new Int32Array(n);
    this.frame = new Int32Array(n);
    this.frame[0] = -1;
    for (let i = 1; i < n; i++) {
      this.caller[i] = i - data.nodes.up[i - 1];
      this.frame[i] = data.nodes.frame[i - 1];
    }
    this.byMethod = this.groupFrames(false);
    this.byLine = this.groupFrames(true);
  }

  // Frames that are one box: of one method, or of one line. A C function has no file of its own:
  // the place of its frame is where it was called.
  groupFrames(withLine) {
    const { kind, name, path, line } = this.data.frames;
    const ids = new Map(), groups = [], groupOf = new Int32Array(kind.length);
    for (let i = 0; i < kind.length; i++) {
      const ownFile = this.data.kinds[kind[i]] !== "cfunc";
      const key = `${kind[i]} ${name[i]} ${withLine || ownFile ? path[i] : ""} ${withLine ? line[i] : ""}`;
      let id = ids.get(key);
      if (id === undefined) {
        ids.set(key, (id = groups.length));
        groups.push({
          id, kind: kind[i], name: this.data.strings[name[i]], path: this.data.strings[path[i]],
          line: line[i], lines: 1, withLine,
        });
      } else if (groups[id].line !== line[i]) {
        groups[id].lines++;
        if (line[i] > 0) groups[id].line = Math.min(groups[id].line || line[i], line[i]);
      }
      groupOf[i] = id;
    }
    return { groups, groupOf };
  }

  // What is shown: {event, thread (-1: all), inverted, withLine}.
  select(choice) {
    this.choice = choice;
    this.grouping = choice.withLine ? this.byLine : this.byMethod;
    const { event, thread, node, weight, base } = this.data.counts;
    const items = [];
    let total = 0, baseTotal = 0;
    for (let i = 0; i < node.length; i++) {
      if (event[i] !== choice.event || (choice.thread >= 0 && thread[i] !== choice.thread)) continue;
      items.push({ node: node[i], weight: weight[i], base: base ? base[i] : 0 });
      total += weight[i];
      baseTotal += base ? base[i] : 0;
    }
    this.items = items;
    this.total = total;
    this.baseTotal = baseTotal;
    // Differences compare shares, so that recordings of unequal length can be compared.
    this.baseScale = baseTotal > 0 ? total / baseTotal : 1;
    if (!choice.inverted) this.buildTopDown();
    this.root = { group: null, tree: 0, total, self: 0, base: baseTotal, parent: null, depth: 0, width: this.widthOf(total, baseTotal), kids: null,
      cursors: choice.inverted ? items.map((item) => ({ at: item.node, item })) : null };
    return this.root;
  }

  groupAt(node) { return this.grouping.groupOf[this.frame[node]]; }

  // Merges the nodes of the data into one tree of groups with totals, as columns.
  buildTopDown() {
    const n = this.caller.length, groupCount = this.grouping.groups.length;
    const self = new Float64Array(n), base = new Float64Array(n), used = new Uint8Array(n);
    for (const item of this.items) {
      self[item.node] += item.weight;
      base[item.node] += item.base;
      used[item.node] = 1;
    }
    for (let i = n - 1; i > 0; i--) if (used[i]) used[this.caller[i]] = 1;
    const treeOf = new Int32Array(n), ids = new Map();
    const tree = { parent: [0], group: [-1], self: [self[0]], total: [self[0]], base: [base[0]], first: [0], next: [0] };
    for (let i = 1; i < n; i++) {
      if (!used[i]) continue;
      const parent = treeOf[this.caller[i]], group = this.groupAt(i), key = parent * groupCount + group;
      let id = ids.get(key);
      if (id === undefined) {
        ids.set(key, (id = tree.parent.length));
        tree.parent.push(parent);
        tree.group.push(group);
        tree.self.push(0);
        tree.total.push(0);
        tree.base.push(0);
        tree.first.push(0);
        tree.next.push(tree.first[parent]);
        tree.first[parent] = id;
      }
      treeOf[i] = id;
      tree.self[id] += self[i];
      tree.total[id] += self[i];
      tree.base[id] += base[i];
    }
    for (let i = tree.parent.length - 1; i > 0; i--) {
      tree.total[tree.parent[i]] += tree.total[i];
      tree.base[tree.parent[i]] += tree.base[i];
    }
    this.tree = tree;
  }

  // In a difference, the mean of the shares before and after: what is gone and what is new can both
  // be seen, and boxes still add up to their parent.
  widthOf(total, base) { return this.data.difference ? (total + base * this.baseScale) / 2 : total; }

  kids(box) {
    if (!box.kids) {
      box.kids = box.cursors ? this.callersOf(box) : this.calleesOf(box);
      box.kids.sort((a, b) => b.width - a.width || (a.group.name < b.group.name ? -1 : 1));
    }
    return box.kids;
  }

  calleesOf(box) {
    const { tree } = this, kids = [];
    for (let i = tree.first[box.tree]; i; i = tree.next[i]) {
      kids.push({ group: this.grouping.groups[tree.group[i]], tree: i, total: tree.total[i], self: tree.self[i], base: tree.base[i],
        parent: box, depth: box.depth + 1, width: this.widthOf(tree.total[i], tree.base[i]), kids: null, cursors: null });
    }
    return kids;
  }

  // Callees first: the stacks of a box, told apart by the next frame towards the root.
  callersOf(box) {
    const kids = new Map();
    for (const { at, item } of box.cursors) {
      if (!at) continue;
      const group = this.groupAt(at);
      let kid = kids.get(group);
      if (!kid) {
        kid = { group: this.grouping.groups[group], tree: 0, total: 0, self: 0, base: 0, parent: box, depth: box.depth + 1, width: 0, kids: null, cursors: [] };
        kids.set(group, kid);
      }
      kid.total += item.weight;
      kid.base += item.base;
      if (box.depth === 0) kid.self += item.weight;
      kid.cursors.push({ at: this.caller[at], item });
    }
    for (const kid of kids.values()) kid.width = this.widthOf(kid.total, kid.base);
    return [...kids.values()];
  }

  // A method or /regex/; null when the text is empty, an Error when it is no regex.
  static matcher(text) {
    if (!text) return null;
    const regex = /^\/(.+)\/(i?)$/.exec(text);
    if (regex) {
      try { const r = new RegExp(regex[1], regex[2]); return (s) => r.test(s); } catch (e) { return e; }
    }
    const lower = text.toLowerCase();
    return (s) => s.toLowerCase().includes(lower);
  }

  // Which groups match, and the weight of the stacks that have such a frame, each counted once.
  search(text) {
    const test = FlameModel.matcher(text.trim());
    if (!test || test instanceof Error) return { groups: null, weight: 0, error: test instanceof Error };
    const groups = this.grouping.groups.map((g) => test(g.name) || test(placeOf(g)));
    const has = new Uint8Array(this.caller.length);
    for (let i = 1; i < has.length; i++) has[i] = has[this.caller[i]] | (groups[this.groupAt(i)] ? 1 : 0);
    let weight = 0;
    for (const item of this.items) if (has[item.node]) weight += item.weight;
    return { groups, weight, error: false };
  }

  // Self and total of every group that is on a stack.
  table() {
    const rows = this.grouping.groups.map((group) => ({ group, self: 0, total: 0, base: 0, seen: -1 }));
    this.items.forEach((item, i) => {
      if (item.node) rows[this.groupAt(item.node)].self += item.weight;
      for (let node = item.node; node; node = this.caller[node]) {
        const row = rows[this.groupAt(node)];
        if (row.seen === i) continue;
        row.seen = i;
        row.total += item.weight;
        row.base += item.base;
      }
    });
    return rows.filter((row) => row.total || row.base);
  }
}

function placeOf(group) {
  if (!group.path) return "";
  return group.line > 0 ? `${group.path}:${group.line}` : group.path;
}

function weightText(weight, event) {
  const scaled = (value, steps) => {
    let [factor, unit] = steps[0];
    for (const step of steps) if (value >= step[0]) [factor, unit] = step;
    return factor === 1 ? `${Math.round(value)} ${unit}` : `${(value / factor).toFixed(2)} ${unit}`;
  };
  const ns = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"]];
  if (event.unit === "ns") return scaled(weight, ns);
  if (event.unit === "bytes") return scaled(weight, [[1, "B"], [1024, "KiB"], [1048576, "MiB"], [1073741824, "GiB"]]);
  const count = weight.toLocaleString("en-US");
  if (event.unit !== "samples") return count;
  const samples = weight === 1 ? "1 sample" : `${count} samples`;
  return event.ns ? `${samples}, ${scaled(weight * event.ns, ns)}` : samples;
}

function percent(part, whole) { return whole ? `${((100 * part) / whole).toFixed(part === whole ? 0 : 2)}%` : "0%"; }

if (typeof module !== "undefined") module.exports = { FlameModel, placeOf, weightText, percent };
