// The kit's components in a real browser: reachable, readable, and whole on a
// phone, in both languages and both themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, browser, overflow, storybook, tooSmall, watched } from "./desk.js";

const pages = ["/storybook", "/storybook/incident", "/storybook/report", "/storybook/parts"];
let desk, chrome;
before(async () => {
  desk = await storybook();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await desk?.close();
});

// open gives a fresh page; options are Playwright's context options.
async function open(path, options = {}) {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await watched(context);
  await page.goto(desk.url + path, { waitUntil: "networkidle" });
  page.leave = async () => {
    assert.deepEqual(page.faults, [], `faults on ${path}`);
    await context.close();
  };
  return page;
}

for (const path of pages)
  for (const lang of ["en", "sq"])
    for (const theme of ["light", "dark"])
      test(`axe finds nothing on ${path} ${lang} ${theme}`, async () => {
        const page = await open(`${path}?lang=${lang}&theme=${theme}&exercise=1`);
        for (const [width, height] of [[1440, 900], [360, 740]]) {
          await page.setViewportSize({ width, height });
          assert.deepEqual(await axe(page), [], `${width} px`);
        }
        await page.leave();
      });

test("nothing scrolls sideways from 320 to 1440 pixels, nor with wide letters", async () => {
  for (const path of pages)
    for (const lang of ["en", "sq"]) {
      const page = await open(`${path}?lang=${lang}`, { bypassCSP: true });
      for (const width of [320, 360, 480, 768, 901, 1024, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await overflow(page), [], `${path} ${lang} ${width} px`);
      }
      // The spacing of WCAG 1.4.12.
      await page.addStyleTag({ content: "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }" });
      for (const width of [360, 1024]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await overflow(page), [], `${path} ${lang} ${width} px, wide letters`);
      }
      await page.leave();
    }
});

test("targets are at least 24 pixels, form controls on a phone 44", async () => {
  for (const path of pages) {
    const page = await open(`${path}?lang=sq`);
    assert.deepEqual(await tooSmall(page, 24), [], path);
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await tooSmall(page, 24), [], `${path} on a phone`);
    if (path === "/storybook/report") {
      const low = await page.$$eval(".form :is(input:not([type=hidden]), textarea, select, button)", (all) =>
        all.map((e) => e.closest("label.option") || e).filter((e) => e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 90)));
      assert.deepEqual(low, []);
    }
    await page.leave();
  }
});

test("the keyboard reaches everything: skip link, search, rows, help", async () => {
  const page = await open("/storybook?lang=en");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "q");
  await page.keyboard.type("j"); // typed, not walked
  assert.equal(await page.inputValue("input[name=q]"), "j");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "I-2026-0418");
  await page.keyboard.press("k");
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "I-2026-0412");
  await page.keyboard.press("?");
  assert.equal(await page.locator("dialog#keyboard").isVisible(), true);
  assert.deepEqual(await axe(page), []);
  await page.locator("dialog [data-keys-switch]").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.notEqual(await page.evaluate(() => document.activeElement.name), "q", "switched off keys still act");
  await page.evaluate(() => localStorage.clear());
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.waitForURL("**/storybook/incident");
  await page.leave();
});

test("focus is never hidden under a banner or the save bar", async () => {
  for (const viewport of [{ width: 1440, height: 700 }, { width: 360, height: 640 }]) {
    const page = await open("/storybook/report?lang=sq", { viewport });
    await page.evaluate(() => document.body.focus());
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const hidden = await page.evaluate(() => {
        const e = document.activeElement;
        if (!e || e === document.body || e.closest(".save-bar, .skip")) return "";
        const shown = e.closest("label.option") || e;
        const r = shown.getBoundingClientRect();
        const top = document.elementFromPoint(r.left + r.width / 2, Math.max(r.top, 0) + Math.min(r.height, innerHeight) / 2);
        return top && (shown.contains(top) || top.contains(shown)) ? "" : `${e.name || e.textContent} lies under ${top?.className}`;
      });
      assert.equal(hidden, "");
    }
    await page.leave();
  }
});

test("the phone's menu opens without script and closes with Escape", async () => {
  const page = await open("/storybook?lang=sq", { viewport: { width: 360, height: 740 }, javaScriptEnabled: true });
  assert.equal(await page.locator("#nav").isVisible(), false);
  await page.locator(".top .menu-btn").click();
  assert.equal(await page.locator("#nav").isVisible(), true);
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#nav").isVisible(), false);
  await page.leave();
});

test("without script the pages are whole", async () => {
  const context = await chrome.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(`${desk.url}/storybook/report?lang=en`);
  assert.equal(await page.locator(".saved").textContent(), "Saved on this device and at the authority, 02:47");
  await page.goto(`${desk.url}/storybook?lang=en`);
  await page.locator(".top .menu-btn").click();
  assert.equal(await page.locator("#nav").isVisible(), true);
  assert.equal(await page.locator("[data-copy]").count(), 0);
  await context.close();
});

test("the theme changes at once and is sent to the desk", async () => {
  const page = await open("/storybook?lang=en&theme=light");
  const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const sent = page.waitForRequest((r) => r.url().endsWith("/settings/theme") && r.postData().includes("theme=dark"));
  await page.locator('.tools .theme button[value="dark"]').click();
  await sent;
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), light);
  assert.equal(await page.locator('.tools .theme button[value="dark"]').getAttribute("aria-pressed"), "true");
  await page.leave();
});

test("a draft is kept at the authority, and on the device without a line", async () => {
  const context = await chrome.newContext({ viewport: { width: 360, height: 740 } });
  const page = await watched(context);
  await page.goto(`${desk.url}/storybook/report?lang=en`, { waitUntil: "networkidle" });
  const saved = page.waitForRequest((r) => r.url().endsWith("/storybook/draft"));
  await page.fill("[name=words]", "two screens are black");
  assert.match((await saved).postData(), /words=two\+screens\+are\+black/);
  await page.waitForFunction(() => document.querySelector("[data-save-status]").textContent.startsWith("Saved on this device and at the authority, "));
  assert.equal(await page.inputValue("[name=version]"), "4");
  await context.setOffline(true);
  await page.fill("[name=words]", "three screens are black");
  await page.waitForFunction(() => document.querySelector("[data-save-status]").textContent.startsWith("Saved on this device only"), null, { timeout: 8000 });
  const again = page.waitForRequest((r) => r.url().endsWith("/storybook/draft"));
  await context.setOffline(false);
  assert.match((await again).postData(), /three\+screens/);
  // A new page offers what the device holds and forces nothing.
  await page.goto("about:blank");
  await page.goto(`${desk.url}/storybook/report?lang=en`, { waitUntil: "networkidle" });
  assert.notEqual(await page.inputValue("[name=words]"), "three screens are black");
  await page.getByRole("button", { name: "Use it" }).click();
  assert.equal(await page.inputValue("[name=words]"), "three screens are black");
  await context.close();
});

test("drafts leave the device at sign-out and after a week", async () => {
  const page = await open("/storybook?lang=en");
  await page.evaluate((now) => {
    localStorage.setItem("kulla.draft /old", JSON.stringify({ at: now - 8 * 24 * 3600 * 1000, text: "a=1" }));
    localStorage.setItem("kulla.draft /new", JSON.stringify({ at: now, text: "a=1" }));
  }, Date.now());
  await page.reload({ waitUntil: "networkidle" });
  const drafts = () => page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("kulla.draft ")));
  assert.deepEqual(await drafts(), ["kulla.draft /new"]);
  await page.route("**/sign-out", (route) => route.fulfill({ contentType: "text/html", body: "<title>out</title>" }));
  await page.locator("details.user summary").click();
  await page.locator("[data-signout] button").click();
  await page.waitForURL("**/sign-out");
  assert.deepEqual(await drafts(), []);
  await page.leave();
});

test("suggestions are a combobox the keyboard can use", async () => {
  const page = await open("/storybook/report?lang=en");
  await page.locator("[name=others]").pressSequentially("po");
  await page.locator(".suggest li").first().waitFor();
  assert.equal(await page.locator("[name=others]").getAttribute("aria-expanded"), "true");
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.inputValue("[name=others]"), "Postal service");
  assert.equal(await page.locator("[name=others]").getAttribute("aria-expanded"), "false");
  await page.evaluate(() => localStorage.clear());
  await page.leave();
});

test("clocks count down by the desk's time", async () => {
  const context = await chrome.newContext();
  const page = await watched(context);
  await page.clock.install({ time: new Date("2020-01-01T00:00:00Z") }); // a device far off
  await page.goto(`${desk.url}/storybook?lang=sq`);
  const first = page.locator("time[data-due]").nth(1);
  assert.match(await first.textContent(), /^për 42\smin$/);
  await page.clock.runFor(45 * 60 * 1000);
  assert.match(await first.textContent(), /^me vonesë 2\smin$/);
  assert.match(await page.locator("time[data-due]").nth(3).textContent(), /^për 5\sditë$/);
  await context.close();
});

test("forced colours and print keep what matters", async () => {
  const page = await open("/storybook/incident?lang=en", { forcedColors: "active" });
  assert.notEqual(await page.locator(".btn").first().evaluate((e) => getComputedStyle(e).borderStyle), "none");
  assert.equal(await page.locator(".marking").first().evaluate((e) => getComputedStyle(e).backgroundColor), "rgb(0, 0, 0)");
  await page.emulateMedia({ media: "print", forcedColors: "none" });
  assert.equal(await page.locator(".nav").isVisible(), false);
  assert.equal(await page.locator(".marking.at-bottom").isVisible(), true);
  await page.leave();
});
