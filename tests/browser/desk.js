// What every browser test needs: a desk to look at, a Chromium to look with,
// axe to judge by. CHROMIUM names the browser when it is not /usr/bin/chromium.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

export const root = resolve(import.meta.dirname, "../..");
const axeSource = readFileSync(resolve(import.meta.dirname, "node_modules/axe-core/axe.min.js"), "utf8");

// freePort asks the system for a port nobody uses.
export const freePort = () =>
  new Promise((done, fail) => {
    const s = createServer().once("error", fail).listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

// started waits until the address answers.
export async function started(url, child, seconds = 30) {
  for (let i = 0; i < seconds * 10; i++) {
    if (child.exitCode !== null) throw new Error(`the desk ended with ${child.exitCode}`);
    try {
      await fetch(url, { redirect: "manual" });
      return;
    } catch {
      await new Promise((next) => setTimeout(next, 100));
    }
  }
  throw new Error(`${url} did not answer in ${seconds} s`);
}

// storybook builds and serves the kit's storybook; close() ends it.
export async function storybook() {
  const dir = mkdtempSync(join(tmpdir(), "kulla-storybook-"));
  const program = join(dir, "storybook");
  execFileSync("go", ["test", "-c", "-o", program, "./internal/web"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(program, ["-test.run=^TestServeStorybook$", "-test.timeout=0"], {
    cwd: dir,
    env: { ...process.env, KULLA_STORYBOOK: new URL(url).host },
    stdio: ["pipe", "ignore", "inherit"],
  });
  await started(`${url}/storybook`, child);
  return {
    url,
    async close() {
      const ended = new Promise((done) => child.once("exit", done));
      child.stdin.end();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

// browser starts a Chromium without any outside traffic of its own.
export const browser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

// watched opens a page that remembers script errors and refused content.
export async function watched(context) {
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (e) => page.faults.push(`script: ${e.message}`));
  page.on("console", (m) => m.type() === "error" && page.faults.push(`console: ${m.text()}`));
  page.on("requestfailed", (r) => page.faults.push(`request: ${r.url()} ${r.failure()?.errorText}`));
  return page;
}

// axe gives the violations of WCAG 2.2 AA and axe's best practices, one line each.
// It runs outside the page's own policy, which forbids foreign scripts.
export async function axe(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")} — ${(n.failureSummary || v.help).replace(/\s+/g, " ")}`));
}

// overflow gives the elements that make a page scroll sideways.
export const overflow = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".table-wrap, .code, .sr"))
      .slice(0, 8)
      .map((e) => `${e.tagName.toLowerCase()}.${e.className} ends at ${Math.round(e.getBoundingClientRect().right)} of ${width}`)
      .concat(`page is ${document.documentElement.scrollWidth} wide, window ${width}`);
  });

// tooSmall gives links, buttons and fields under the least target size that are
// not inside a sentence.
export const tooSmall = (page, least) =>
  page.evaluate((least) =>
    [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".sr, .skip"))
      .filter((e) => !(e.tagName === "A" && getComputedStyle(e).display === "inline"))
      .map((e) => [e, (e.closest("label.option, label.check-line") || e).getBoundingClientRect()])
      .filter(([, r]) => r.width > 0 && (r.height < least - 0.5 || r.width < least - 0.5))
      .map(([e, r]) => `${e.tagName.toLowerCase()}.${e.className} "${(e.textContent || e.name || "").trim().slice(0, 30)}" is ${Math.round(r.width)}×${Math.round(r.height)}`), least);

// demo builds the program and starts a desk with the demo story. KULLA_DESK
// names a running one instead. Its people sign in with signIn.
export async function demo(seconds = 240) {
  if (process.env.KULLA_DESK) return { url: process.env.KULLA_DESK, async close() {} };
  const dir = mkdtempSync(join(tmpdir(), "kulla-desk-"));
  const program = join(dir, "kulla");
  execFileSync("go", ["build", "-o", program, "./cmd/kulla"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(program, ["demo", "--quiet", "--lang=en", "--dir", join(dir, "desk"), "--listen", new URL(url).host], { cwd: dir, stdio: ["ignore", "ignore", "inherit"] });
  await started(`${url}/healthz`, child, seconds);
  return {
    url,
    async close() {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

// signIn opens a context of a person of the demo: "duty", "officer", "reporter".
// Options are Playwright's, and lang ("sq" or "en") and theme.
export async function signIn(chrome, desk, who, { lang = "en", theme = "light", ...options } = {}) {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.addCookies([{ name: "lang", value: lang, url: desk.url }, { name: "theme", value: theme, url: desk.url }]);
  const answer = await context.request.post(`${desk.url}/sign-in`, {
    form: { email: `${who}@demo.example`, password: "kulla-demo-2026" },
    headers: { Origin: desk.url, "Sec-Fetch-Site": "same-origin" },
    maxRedirects: 0,
  });
  if (answer.status() !== 303) throw new Error(`sign-in of ${who}: ${answer.status()}`);
  return context;
}
