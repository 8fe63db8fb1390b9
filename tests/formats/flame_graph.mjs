// The flame graph page in a real browser: search, zoom, inversion, thread filter, keys, and that it
// asks the network for nothing.
//   node flame_graph.mjs CHROMIUM RBPERF REPORT_RECORDINGS [SCREENSHOTS]
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPage } from "./chromium.mjs";

const [chromium, rbperf, recordings, screenshots] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "redbee-flame-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

function makePage(kind, ...options) {
  const recording = join(directory, `${kind}.rbperf`), page = join(directory, `${kind}.html`);
  execFileSync(recordings, [kind, recording, ...options]);
  execFileSync(rbperf, ["report", "-q", recording, "-o", page]);
  return `file://${page}`;
}

const text = (page, id) => page.evaluate(`document.getElementById("${id}").textContent`);
const boxes = (page) => page.evaluate("flameGraph.boxes()");
const find = async (page, name, depth) => (await boxes(page)).find((b) => b.name === name && (depth === undefined || b.depth === depth));
const clickBox = async (page, box) => page.click(box.x + Math.min(box.width / 2, 20), box.y + box.height / 2);
const click = (page, id) => page.evaluate(`document.getElementById("${id}").click()`).then(() => page.frame());
const shoot = async (page, name) => screenshots && page.screenshot(join(screenshots, `${name}.png`));
const choose = (page, id, value) => page.evaluate(
  `(() => { const s = document.getElementById("${id}"); s.value = ${value}; s.dispatchEvent(new Event("change")); })()`).then(() => page.frame());

const tests = {
  async "boxes are as wide as their share"(page) {
    const all = await boxes(page), root = all.find((b) => b.depth === 0);
    const main = await find(page, "<main>", 1), work = await find(page, "Job#work", 2);
    assert.equal(root.total, 8);
    assert.ok(Math.abs(main.width / root.width - 0.5) < 0.01);
    assert.equal(work.total, 4);
    assert.equal(work.self, 3);
    assert.equal(all.filter((b) => b.depth === 1).reduce((sum, b) => sum + b.total, 0), 8);
  },
  async "search tells the matched share, each stack once"(page) {
    await page.key("/");
    await page.type("job#WORK");
    assert.equal(await text(page, "matched"), "100% matched");
    assert.ok((await find(page, "Job#work", 2)).matched);
    assert.ok(!(await find(page, "<main>", 1)).matched);
    await page.key("Escape");
    assert.equal(await text(page, "matched"), "");
    await page.key("/");
    await page.type("/^Kernel#|GC/");
    assert.equal(await text(page, "matched"), "37.50% matched");
    await shoot(page, "search");
    await page.key("Escape");
    await page.key("/");
    await page.type("/(/");
    assert.equal(await text(page, "matched"), "not a regex");
    await page.key("Escape");
  },
  async "a click zooms, breadcrumbs and Escape go back"(page) {
    const before = await find(page, "Job.run", 1);
    await clickBox(page, before);
    const root = (await boxes(page)).find((b) => b.depth === 0), zoomed = await find(page, "Job.run", 1);
    assert.ok(Math.abs(zoomed.width - root.width) < 1);
    assert.ok(!(await find(page, "<main>")));
    assert.match(await text(page, "crumbs"), /all›Job\.run/);
    await shoot(page, "zoom");
    await click(page, "reset");
    assert.ok(await find(page, "<main>"));
    await clickBox(page, await find(page, "Job.run", 1));
    await page.key("Escape");
    assert.ok(await find(page, "<main>"));
  },
  async "callees first puts the innermost methods at the root"(page) {
    await page.key("i");
    const first = (await boxes(page)).filter((b) => b.depth === 1);
    assert.deepEqual(first.map((b) => [b.name, b.total]), [["Job#work", 5], ["(GC: marking)", 1], ["Kernel#sleep", 1], ["do_nanosleep", 1]]);
    assert.equal((await find(page, "<main>", 2)).total, 3);
    await shoot(page, "inverted");
    await page.key("i");
    assert.equal((await find(page, "<main>", 1)).total, 4);
  },
  async "flame puts the roots at the bottom"(page) {
    const icicle = await boxes(page);
    await page.key("f");
    const flame = await boxes(page);
    assert.equal(flame.length, icicle.length);
    const at = (list, depth) => list.find((b) => b.depth === depth).y;
    assert.ok(at(icicle, 0) < at(icicle, 2));
    assert.ok(at(flame, 0) > at(flame, 2));
    await shoot(page, "flame");
    await page.key("f");
  },
  async "a thread can be chosen"(page) {
    const worker = await page.evaluate(`flameGraph.model.data.threads.findIndex((t) => t.name === "worker")`);
    await choose(page, "thread", worker);
    assert.equal((await boxes(page)).find((b) => b.depth === 0).total, 4);
    assert.ok(!(await find(page, "<main>")));
    assert.match(await text(page, "summary"), /4 samples/);
    await choose(page, "thread", -1);
    assert.equal((await boxes(page)).find((b) => b.depth === 0).total, 8);
  },
  async "lines split a method's box"(page) {
    await page.key("l");
    const work = (await boxes(page)).filter((b) => b.name === "Job#work" && b.depth === 2 && b.total);
    assert.deepEqual(work.map((b) => b.total).sort(), [1, 2, 2, 2]);
    await page.key("l");
  },
  async "the tooltip has place, self and total"(page) {
    const sleep = await find(page, "Kernel#sleep", 3);
    await page.move(sleep.x + 20, sleep.y + 10);
    const tip = await text(page, "tip");
    for (const part of ["Kernel#sleep", "C function", "job.rb:11", "Self12.50%", "Total12.50%"]) assert.ok(tip.includes(part), tip);
    await shoot(page, "tooltip");
    await page.move(5, 5);
  },
  async "arrow keys move and Enter zooms"(page) {
    for (const key of ["ArrowDown", "ArrowRight"]) await page.key(key);
    assert.match(await text(page, "detail"), /^Job\.run/);
    await page.key("ArrowDown");
    assert.match(await text(page, "detail"), /^Job#work/);
    await page.key("Enter");
    assert.match(await text(page, "crumbs"), /Job\.run›Job#work/);
    await page.key("Backspace");
    await page.key("Escape");
  },
  async "the table lists self and total and searches on a click"(page) {
    await page.key("m");
    const rows = await page.evaluate(`[...document.querySelectorAll("#rows tr")].map((r) => [...r.cells].map((c) => c.textContent))`);
    assert.deepEqual(rows[0], ["62.50%", "100%", "Job#work"]);
    await page.evaluate(`document.querySelector("#rows tr").click()`);
    assert.equal(await text(page, "matched"), "100% matched");
    await page.key("Escape");
    await page.key("m");
  },
  async "dark and light"(page) {
    const back = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const before = await back();
    await page.key("t");
    assert.notEqual(await back(), before);
    await shoot(page, "theme");
    await page.key("t");
  },
  async "boxes follow the window's width"(page) {
    const width = async () => (await boxes(page)).find((b) => b.depth === 0).width;
    const before = await width();
    await page.resize(800, 600);
    await page.frame();
    assert.ok((await width()) < before - 500);
    await page.resize(1400, 900);
    await page.frame();
  },
};

async function run(name, test, page) {
  await test(page);
  console.log(`ok  ${name}`);
}

const page = await openPage(chromium, makePage("known"));
for (const [name, test] of Object.entries(tests)) await run(name, test, page);
assert.deepEqual(page.problems, []);
assert.deepEqual(page.requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")), []);
assert.equal(page.requests.filter((url) => url.startsWith("file:")).length, 1, "the page is one file");
await page.close();
console.log("ok  no request but for the page itself");

const odd = await openPage(chromium, makePage("odd"));
assert.deepEqual(odd.problems, []);
assert.ok((await boxes(odd)).some((b) => b.name.includes("</script>")), "markup in a name stays text");
await odd.close();
console.log("ok  names with markup stay text");

const [before, after] = ["known", "odd"].map((kind) => join(directory, `${kind}.rbperf`));
execFileSync(rbperf, ["diff", "-q", before, after, "-o", join(directory, "diff.html")]);
const diff = await openPage(chromium, `file://${join(directory, "diff.html")}`);
assert.deepEqual(diff.problems, []);
const drawn = await boxes(diff), whole = drawn.find((b) => b.depth === 0);
const top = drawn.filter((b) => b.depth === 1);
assert.ok(Math.abs(top.reduce((sum, b) => sum + b.width, 0) - whole.width) < 1, "boxes add up to their parent");
const gone = top.find((b) => b.name === "<main>");
assert.equal(gone.total, 0);
await diff.move(gone.x + 20, gone.y + 10);
assert.match(await text(diff, "tip"), /Before50\.00%.*Change-50\.00 points/);
await shoot(diff, "difference");
await diff.close();
console.log("ok  a difference shows what is gone beside what is new");

const big = await openPage(chromium, makePage("big", "200000"));
await big.evaluate("0");
const timed = async (action) => { const start = Date.now(); await action(); return Date.now() - start; };
const wide = (await boxes(big)).find((b) => b.depth === 6 && b.width > 60);
const zoom = await timed(() => clickBox(big, wide));
const invert = await timed(() => big.key("i"));
assert.deepEqual(big.problems, []);
assert.ok((await boxes(big)).length < 60_000, "only what can be seen is laid out");
console.log(`ok  50,000 stacks: zoom ${zoom} ms, inversion ${invert} ms`);
assert.ok(zoom < 2000 && invert < 5000);
await big.close();
