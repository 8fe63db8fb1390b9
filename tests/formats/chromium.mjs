// Drives a headless Chromium over its DevTools pipe: no port, no package.
//
//   const page = await openPage("/usr/bin/chromium", "file:///tmp/flame.html");
//   await page.evaluate("document.title");
//   await page.close();
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage", "--window-size=1400,900", "--remote-debugging-pipe"];

export async function openPage(chromium, url, { width = 1400, height = 900 } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "redbee-chromium-"));
  const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, HOME: profile } });
  // A test that fails leaves no browser and no profile behind.
  process.on("exit", () => { browser.kill("SIGKILL"); rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); });
  const [, , , toBrowser, fromBrowser] = browser.stdio;
  const waiting = new Map(), listeners = [];
  let next = 1, pending = "";
  fromBrowser.setEncoding("utf8");
  fromBrowser.on("data", (text) => {
    pending += text;
    const messages = pending.split("\0");
    pending = messages.pop();
    for (const message of messages.map((m) => JSON.parse(m))) {
      const waiter = waiting.get(message.id);
      if (!waiter) { listeners.forEach((listen) => listen(message)); continue; }
      waiting.delete(message.id);
      if (message.error) waiter.reject(new Error(message.error.message)); else waiter.resolve(message.result);
    }
  });
  browser.on("exit", () => waiting.forEach(({ reject }) => reject(new Error("the browser has gone"))));

  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    waiting.set(next, { resolve, reject });
    toBrowser.write(JSON.stringify({ id: next++, method, params, sessionId }) + "\0");
  });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);

  const requests = [], problems = [];
  listeners.push(({ method, params }) => {
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown") problems.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") problems.push(params.entry.text);
  });
  for (const domain of ["Network", "Runtime", "Log", "Page"]) await call(`${domain}.enable`);
  await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  const loaded = new Promise((resolve) => listeners.push(({ method }) => method === "Page.loadEventFired" && resolve()));
  await call("Page.navigate", { url });
  await loaded;

  const page = {
    requests, problems,
    // The value of an expression; promises are awaited.
    async evaluate(expression) {
      const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
      return result.value;
    },
    frame: () => page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"),
    async move(x, y) { await call("Input.dispatchMouseEvent", { type: "mouseMoved", x, y }); await page.frame(); },
    async click(x, y) {
      const at = { x, y, button: "left", clickCount: 1 };
      await call("Input.dispatchMouseEvent", { type: "mousePressed", ...at });
      await call("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
      await page.frame();
    },
    async key(key, text = key.length === 1 ? key : undefined) {
      const windowsVirtualKeyCode = { Enter: 13, Escape: 27, Backspace: 8, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }[key];
      await call("Input.dispatchKeyEvent", { type: "keyDown", key, text, windowsVirtualKeyCode });
      await call("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode });
      await page.frame();
    },
    async type(text) { await call("Input.insertText", { text }); await page.frame(); },
    async resize(w, h) { await call("Emulation.setDeviceMetricsOverride", { width: w, height: h, deviceScaleFactor: 1, mobile: false }); await page.frame(); },
    async screenshot(path) { writeFileSync(path, Buffer.from((await call("Page.captureScreenshot", {})).data, "base64")); },
    async close() {
      const gone = new Promise((resolve) => browser.once("exit", resolve));
      await send("Browser.close").catch(() => {});
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return page;
}
