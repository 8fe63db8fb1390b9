// Each format as its own reader sees it: speedscope's JSON schema, pprof-format's decoder.
//   node readers.mjs RBPERF REPORT_RECORDINGS MODULES
// MODULES is a node_modules directory with speedscope, pprof-format and ajv in it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const [rbperf, recordings, modules] = process.argv.slice(2);
const require = createRequire(join(modules, "/"));
const directory = mkdtempSync(join(tmpdir(), "redbee-formats-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

function report(kind, format, ...options) {
  const recording = join(directory, `${kind}.rbperf`), output = join(directory, `${kind}.${format}`);
  execFileSync(recordings, [kind, recording]);
  execFileSync(rbperf, ["report", recording, "-q", "-f", format, "-o", output, ...options]);
  return readFileSync(output);
}

function checkSpeedscope(kind, ...options) {
  const Ajv = require("ajv");
  const schema = JSON.parse(readFileSync(join(modules, "speedscope/dist/release/file-format-schema.json")));
  const validate = new Ajv.default({ strict: false }).compile(schema);
  const file = JSON.parse(report(kind, "speedscope", ...options));
  assert.ok(validate(file), JSON.stringify(validate.errors));
  for (const profile of file.profiles) {
    assert.equal(profile.samples.length, profile.weights.length);
    const sum = profile.weights.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - profile.endValue) < 1e-6 * Math.max(1, sum));
    for (const stack of profile.samples) for (const frame of stack) assert.ok(frame < file.shared.frames.length);
  }
  return file;
}

function checkPprof(kind) {
  const { Profile } = require("pprof-format");
  const profile = Profile.decode(gunzipSync(report(kind, "pprof")));
  const text = (id) => profile.stringTable.strings[Number(id)];
  const locations = new Map(profile.location.map((l) => [String(l.id), l]));
  const functions = new Map(profile.function.map((f) => [String(f.id), f]));
  const mappings = new Set(profile.mapping.map((m) => String(m.id)));
  for (const sample of profile.sample) {
    assert.equal(sample.value.length, profile.sampleType.length);
    for (const id of sample.locationId) {
      const location = locations.get(String(id));
      assert.ok(location && mappings.has(String(location.mappingId)));
      assert.ok(functions.has(String(location.line[0].functionId)));
    }
  }
  return { profile, text, locations, functions };
}

const known = checkSpeedscope("known");
assert.deepEqual(known.profiles.map((p) => p.name).sort(), ["cpu: main (100)", "cpu: worker (101)"]);
checkSpeedscope("odd");
checkSpeedscope("known", "--lines");
console.log("speedscope: valid against its schema");

const { profile, text, locations, functions } = checkPprof("known");
assert.deepEqual(profile.sampleType.map((t) => [text(t.type), text(t.unit)]), [["samples", "count"], ["cpu", "nanoseconds"]]);
assert.equal(profile.sample.reduce((sum, s) => sum + Number(s.value[0]), 0), 8);
assert.equal(profile.sample.reduce((sum, s) => sum + Number(s.value[1]), 0), 80_000_000);
const deepest = profile.sample.reduce((a, b) => (a.locationId.length > b.locationId.length ? a : b));
const names = deepest.locationId.map((id) => text(functions.get(String(locations.get(String(id)).line[0].functionId)).name));
assert.deepEqual(names, ["do_nanosleep", "native_sleep", "Kernel#sleep", "Job#work", "Job.run"]);
const labels = Object.fromEntries(deepest.label.map((l) => [text(l.key), l.str ? text(l.str) : Number(l.num)]));
assert.deepEqual(labels, { thread: "worker", thread_id: 101, process_id: 100, fiber: 7 });
assert.equal(JSON.parse(text(profile.comment[0])).redbee.lost, 2);
checkPprof("odd");
console.log("pprof: decoded by pprof-format");

// The Firefox profiler publishes no reader: what its processed format, version 47, says of each table
// (src/types/profile.js and CHANGELOG-formats.md of firefox-devtools/profiler).
function checkFirefox(kind, ...options) {
  const file = JSON.parse(report(kind, "firefox", ...options));
  const { meta } = file;
  assert.equal(meta.preprocessedProfileVersion, 47);
  for (const key of ["interval", "startTime", "processType", "stackwalk", "version"]) assert.equal(typeof meta[key], "number", key);
  assert.ok(meta.categories.some((category) => category.color === "grey"), "a default category");
  for (const category of meta.categories) assert.ok(category.subcategories.length > 0);
  assert.ok(Array.isArray(file.libs), "libs belong to the profile since version 41");
  for (const thread of file.threads) checkFirefoxThread(thread, meta.categories.length);
  return file;
}

function checkTable(thread, name, columns) {
  const table = thread[name];
  for (const [column, isRight] of Object.entries(columns)) {
    assert.equal(table[column].length, table.length, `${name}.${column}`);
    table[column].forEach((value, row) => assert.ok(isRight(value, row), `${name}.${column}[${row}] is ${value}`));
  }
}

function checkFirefoxThread(thread, categories) {
  const index = (length) => (value) => Number.isInteger(value) && value >= 0 && value < length;
  const orNull = (isRight) => (value, row) => value === null || isRight(value, row);
  const string = index(thread.stringArray.length);
  assert.equal(typeof thread.pid, "string", "since version 47");
  assert.equal(typeof thread.isMainThread, "boolean", "since version 46");
  assert.ok(thread.stringArray.every((text) => typeof text === "string"));
  assert.equal(new Set(thread.stringArray).size, thread.stringArray.length, "each string once");
  checkTable(thread, "funcTable", { name: string, isJS: (v) => v === false, relevantForJS: (v) => v === false,
    resource: (v) => v === -1, fileName: orNull(string), lineNumber: orNull(Number.isInteger), columnNumber: orNull(Number.isInteger) });
  checkTable(thread, "frameTable", { func: index(thread.funcTable.length), category: orNull(index(categories)),
    line: orNull((v) => v > 0), column: orNull(Number.isInteger), address: Number.isInteger, inlineDepth: (v) => v === 0,
    nativeSymbol: (v) => v === null });
  assert.ok(!("optimizations" in thread.frameTable), "removed in version 45");
  checkTable(thread, "stackTable", { frame: index(thread.frameTable.length), category: index(categories),
    prefix: orNull((value, row) => index(row)(value)) });
  checkTable(thread, "samples", { stack: orNull(index(thread.stackTable.length)), weight: Number.isFinite,
    time: (value, row) => row === 0 || value >= thread.samples.time[row - 1] });
  checkTable(thread, "nativeSymbols", { libIndex: Number.isInteger, address: Number.isInteger, name: string, functionSize: Number.isInteger });
  checkTable(thread, "resourceTable", { lib: Number.isInteger, name: string });
}

const firefox = checkFirefox("known");
assert.equal(firefox.threads.flatMap((thread) => thread.samples.weight).reduce((a, b) => a + b, 0), 8);
assert.deepEqual(firefox.threads.map((thread) => thread.name).sort(), ["main", "worker"]);
checkFirefox("odd");
checkFirefox("known", "--lines");
console.log("firefox: as its processed format, version 47, is described");
