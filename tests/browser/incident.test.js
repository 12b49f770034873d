// The journeys of reporting and answering on a desk with the demo story: under
// the clock by phone, by keyboard, without script; and the duty officer's side.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, browser, demo, overflow, signIn, tooSmall, watched } from "./desk.js";

let desk, chrome;
before(async () => {
  desk = await demo();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await desk?.close();
});

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const shots = process.env.KULLA_SHOTS;
async function whole(page, name) {
  assert.deepEqual(await axe(page), [], `axe on ${name}`);
  assert.deepEqual(await overflow(page), [], `width of ${name}`);
  assert.deepEqual(await tooSmall(page, 24), [], `targets of ${name}`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
}

const next = (page) => page.locator("button[name=go][value=next]");

for (const lang of ["sq", "en"])
  for (const [size, options] of [["phone", phone], ["desktop", {}]])
    test(`report under the clock, ${lang}, ${size}`, async () => {
      const context = await signIn(chrome, desk, "reporter", { lang, ...options });
      const page = await watched(context);
      const began = Date.now();
      await page.goto(`${desk.url}/report?kind=significant`);
      await page.waitForURL(/\/report\/[0-9a-f-]+/);
      assert.match(await page.locator(".due-strip").textContent(), /24|23/, "the deadline is in view");
      await whole(page, `report-1-${size}-${lang}`);
      await next(page).click();
      await page.waitForURL(/step=2/);
      await page.locator("input[name=services]").first().check();
      await page.locator('input[name="values.suspected_malicious"][value=maybe]').check();
      await page.locator('input[name="values.cross_border"][value=unknown]').check();
      await page.fill('[name="values.description"]', lang === "sq" ? "Dy stacione pune të dispeçimit nuk ndizen." : "Two dispatch workstations do not start.");
      await whole(page, `report-2-${size}-${lang}`);
      await next(page).click();
      await page.waitForURL(/step=3/);
      assert.notEqual(await page.inputValue('[name="values.contact"]'), "", "contacts are filled in already");
      await whole(page, `report-3-${size}-${lang}`);
      await next(page).click();
      await page.waitForURL(/step=4/);
      await whole(page, `report-4-${size}-${lang}`);
      await page.locator("button[name=go][value=send]").click();
      await page.waitForURL(/\/incidents\/.*\/receipts\//);
      assert.match(await page.locator("h1").textContent(), /[IX]-20\d\d-\d{4}/);
      assert.match(await page.locator(".code code").first().textContent(), /^[0-9a-f]{64}$/);
      assert.ok(await page.locator(".next-due time[data-due]").isVisible(), "the next deadline is on the receipt");
      await whole(page, `receipt-${size}-${lang}`);
      assert.ok(Date.now() - began < 60_000);
      // Sending the same form again gives the same receipt.
      const receipt = page.url();
      await page.goBack();
      const pdf = await context.request.get(receipt.split("?")[0] + "/pdf");
      assert.equal(pdf.headers()["content-type"], "application/pdf");
      assert.match(pdf.headers()["content-disposition"], /^attachment/);
      assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");
      assert.deepEqual(page.faults, []);
      await context.close();
    });

// reported hands in a report by plain requests and gives the incident's address.
async function reported(lang = "en") {
  const context = await signIn(chrome, desk, "reporter", { lang, javaScriptEnabled: false, ...phone });
  const page = await context.newPage();
  await page.goto(`${desk.url}/report?kind=significant`);
  await next(page).click();
  await page.locator("input[name=services]").first().check();
  await page.locator('input[name="values.suspected_malicious"][value=yes]').check();
  await page.locator('input[name="values.cross_border"][value=no]').check();
  await page.fill('[name="values.description"]', "Files carry a foreign ending.");
  await next(page).click();
  await next(page).click();
  await page.locator("button[name=go][value=send]").click();
  await page.waitForURL(/\/receipts\//);
  const home = new URL(page.url()).pathname.replace(/\/receipts\/.*/, "");
  const number = (await page.locator("h1").textContent()).match(/[IX]-\d{4}-\d{4}/)[0];
  await context.close();
  return { home, number };
}

for (const lang of ["sq", "en"])
  for (const [size, options] of [["phone", phone], ["desktop", {}]])
    test(`the authority's answer, ${lang}, ${size}`, async () => {
      const { home, number } = await reported(lang); // also: the whole form without script
      const context = await signIn(chrome, desk, "duty", { lang, ...options });
      const page = await watched(context);
      await page.goto(`${desk.url}/incidents`);
      await whole(page, `incidents-list-${size}-${lang}`);
      const row = page.locator("tr", { hasText: number });
      if (await row.count()) assert.ok(await row.locator("time[data-due]").first().isVisible(), "the row shows what the law needs next");
      await page.goto(`${desk.url}${home}`);
      await whole(page, `incident-${size}-${lang}`);
      const duty = page.locator("#obligations .steps").first();
      assert.ok((await duty.locator("li.due").count()) > 0, "our own clock runs");
      await page.fill("[name=answer-text]", lang === "sq" ? "E morëm. Shkëputni pajisjet." : "Received. Take the devices off the network.");
      await page.locator("#answer-form button.primary").click();
      await page.locator(".flash.good").waitFor();
      assert.equal(await page.locator("#obligations .steps").first().locator("li.done").count() > 0, true, "the answer stops our clock");
      assert.equal(await page.locator(".talk li").count(), 1);
      // A question with a due becomes a clock of the institution.
      await page.locator("#ask summary").click();
      await page.fill("[name=ask-text]", "Which accounts were used?");
      const day = new Date(Date.now() + 36 * 3600 * 1000).toISOString().slice(0, 10);
      await page.fill('[name="ask-due.date"]', day);
      await page.fill('[name="ask-due.clock"]', "12:00");
      await page.locator("#ask-form button.primary").click();
      await page.locator(".flash.good").waitFor();
      assert.ok(await page.locator(".talk .clock").isVisible());
      // Taken, noted.
      await page.locator("button[name=assign-me]").click();
      await page.locator(".flash.good").waitFor();
      await page.fill("[name=note-text]", "Call the night shift at six.");
      await page.locator("#note-form button").click();
      await page.locator(".talk li.note").waitFor();
      await whole(page, `incident-worked-${size}-${lang}`);
      await page.goto(`${desk.url}/incidents/hand-over`);
      await whole(page, `hand-over-${size}-${lang}`);
      await page.fill("[name=text]", "The grid answers at noon.");
      await page.locator("#hand-over button.primary").click();
      await page.locator(".flash.good").waitFor();
      assert.deepEqual(page.faults, []);
      await context.close();
      // The institution sees the answer and the question, never the note.
      const their = await signIn(chrome, desk, "reporter", { lang, ...options });
      const theirs = await watched(their);
      await theirs.goto(`${desk.url}${home}`);
      assert.equal(await theirs.locator(".talk li").count(), 2);
      await whole(theirs, `incident-reporter-${size}-${lang}`);
      await theirs.fill("[name=reply-text]", "Two of the night shift.");
      await theirs.locator("#reply-form button.primary").click();
      await theirs.locator(".flash.good").waitFor();
      assert.equal(await theirs.locator(".talk li").count(), 3);
      await their.close();
    });

test("dark pages are whole", async () => {
  const { home } = await reported("en");
  for (const [who, path, name] of [["duty", "/incidents", "list"], ["duty", home, "incident"], ["reporter", "/report?kind=significant", "report"]])
    for (const lang of ["sq", "en"]) {
      const context = await signIn(chrome, desk, who, { lang, theme: "dark" });
      const page = await watched(context);
      for (const width of [1440, 768, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(desk.url + path);
        await whole(page, `${name}-dark-${width}-${lang}`);
      }
      await context.close();
    }
});

test("by keyboard alone, from the first field to the receipt", async () => {
  const context = await signIn(chrome, desk, "reporter", { lang: "en", viewport: { width: 360, height: 740 } });
  const page = await watched(context);
  await page.goto(`${desk.url}/report?kind=significant`);
  const at = (test) => page.evaluate(`(() => { const e = document.activeElement; return ${test}; })()`);
  async function tabTo(test) {
    for (let i = 0; i < 80; i++) {
      if (await at(test)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab never reached ${test}`);
  }
  const press = async () => { await tabTo('e.name === "go" && (e.value === "next" || e.value === "send")'); await page.keyboard.press("Enter"); await page.waitForLoadState("load"); };
  await press();
  await page.waitForURL(/step=2/);
  await tabTo('e.name === "services"');
  await page.keyboard.press("Space");
  await tabTo('e.name === "values.description"');
  await page.keyboard.type("The portal shows a foreign page.");
  await tabTo('e.name === "values.suspected_malicious"');
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await tabTo('e.name === "values.cross_border"');
  await page.keyboard.press("ArrowUp");
  await press();
  await page.waitForURL(/step=3/);
  await press();
  await page.waitForURL(/step=4/);
  await press();
  await page.waitForURL(/\/receipts\//);
  await context.close();
});

test("errors come back beside their fields, and nothing typed is lost", async () => {
  const context = await signIn(chrome, desk, "reporter", { lang: "en", ...phone });
  const page = await context.newPage();
  await page.goto(`${desk.url}/report?kind=significant`);
  await page.fill('[name="aware.date"]', "2031-01-01");
  await page.fill('[name="aware.clock"]', "10:00");
  await next(page).click();
  assert.equal(await page.locator("#f-aware-error").isVisible(), true);
  assert.equal(await page.inputValue('[name="aware.date"]'), "2031-01-01");
  assert.equal(await page.evaluate(() => document.activeElement.className), "summary");
  assert.deepEqual(await axe(page), []);
  await page.fill('[name="aware.date"]', "");
  await page.fill('[name="aware.clock"]', "");
  await next(page).click();
  await page.waitForURL(/step=2/);
  await next(page).click(); // nothing answered
  await page.locator(".field.wrong").first().waitFor();
  assert.ok((await page.locator(".summary a").count()) >= 1);
  await page.fill('[name="values.description"]', "<script>alert(1)</script> & \u202e«fjalë»");
  await page.locator("button[name=go][value=back]").click();
  await page.waitForURL(/step=1/);
  await page.goto(page.url().replace(/step=\d/, "step=2"));
  assert.equal(await page.inputValue('[name="values.description"]'), "<script>alert(1)</script> & \u202e«fjalë»");
  await context.close();
});

test("a lost connection loses nothing, and a draft is found again", async () => {
  const context = await signIn(chrome, desk, "officer", { lang: "en", ...phone });
  const page = await context.newPage();
  await page.goto(`${desk.url}/report?kind=significant`);
  await next(page).click();
  await page.waitForURL(/step=2/);
  const form = new URL(page.url()).pathname;
  await context.setOffline(true);
  await page.fill('[name="values.description"]', "typed without a line");
  await page.waitForFunction(() => document.querySelector("[data-save-status]").textContent.startsWith("Saved on this device only"), null, { timeout: 15000 });
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector("[data-save-status]").textContent.startsWith("Saved on this device and at the authority"), null, { timeout: 20000 });
  await page.goto(`${desk.url}/report`);
  await page.getByRole("link", { name: "typed without a line" }).click();
  assert.equal(new URL(page.url()).pathname, form);
  await page.goto(`${desk.url}${form}?step=2`);
  assert.equal(await page.inputValue('[name="values.description"]'), "typed without a line");
  // Two windows: the second to press is told, sees both, and chooses.
  const other = await context.newPage();
  await other.goto(`${desk.url}${form}?step=2`);
  await other.fill('[name="values.description"]', "typed in the other window");
  await next(other).click();
  await other.waitForLoadState();
  await page.evaluate(() => document.querySelector("form#report").removeAttribute("data-draft"));
  await page.fill('[name="values.description"]', "typed in this window");
  await next(page).click();
  await page.locator("table.diff").waitFor();
  assert.match(await page.locator("table.diff").textContent(), /typed in the other window/);
  assert.equal(await page.inputValue('[name="values.description"]'), "typed in this window");
  assert.deepEqual(await axe(page), []);
  await page.locator("button[value=mine]").click();
  await page.waitForLoadState();
  assert.equal(await page.inputValue('[name="values.description"]'), "typed in this window");
  await page.goto(`${desk.url}/report`);
  await page.getByRole("button", { name: /Discard/ }).first().click();
  await context.close();
});

test("two officers at once: the second sees both versions", async () => {
  const { home } = await reported("en");
  const one = await signIn(chrome, desk, "duty", { lang: "en" });
  const two = await signIn(chrome, desk, "analyst", { lang: "en" });
  const a = await one.newPage(), b = await two.newPage();
  await a.goto(desk.url + home);
  await b.goto(desk.url + home);
  await a.selectOption("[name=status-status]", "open");
  await a.locator("#status-form button").click();
  await a.locator(".flash.good").waitFor();
  await b.selectOption("[name=status-status]", "resolved");
  await b.locator("#status-form button").click();
  await b.locator("table.diff").waitFor();
  assert.match(await b.locator("table.diff").textContent(), /being worked on[\s\S]*resolved/);
  assert.equal(await b.inputValue("[name=status-status]"), "resolved", "what was chosen is kept");
  assert.deepEqual(await axe(b), []);
  await b.locator("#status-form button").click();
  await b.locator(".flash.good").waitFor();
  await one.close();
  await two.close();
});

test("files are checked by content and only handed over to keep", async () => {
  const context = await signIn(chrome, desk, "reporter", { lang: "en" });
  const page = await context.newPage();
  await page.goto(`${desk.url}/report?kind=voluntary`);
  await page.goto(page.url().replace(/\?.*/, "?step=3&kind=voluntary"));
  await page.setInputFiles("input[type=file]", { name: "picture.png", mimeType: "image/png", buffer: Buffer.from("MZ not a picture") });
  await page.locator("button[name=go][value=next]").click();
  assert.equal(await page.locator("#f-file-error").isVisible(), true);
  await page.setInputFiles("input[type=file]", { name: "log.txt", mimeType: "text/plain", buffer: Buffer.from("Nov 14 02:38 disk failed\n") });
  await page.locator("button[name=go][value=next]").click();
  await page.waitForURL(/step=4/);
  await page.goto(page.url().replace("step=4", "step=2"));
  await page.fill('[name="values.description"]', "A disk failed.");
  await next(page).click();
  await page.waitForURL(/step=3/);
  assert.match(await page.locator(".file-list").textContent(), /log\.txt/);
  await next(page).click();
  await page.waitForURL(/step=4/);
  await page.locator("button[name=go][value=send]").click();
  await page.waitForURL(/\/receipts\//);
  await page.getByRole("link", { name: "Open the incident" }).click();
  const href = await page.locator("#files .facts a").first().getAttribute("href");
  const file = await context.request.get(desk.url + href);
  assert.match(file.headers()["content-disposition"], /^attachment; filename="log\.txt"/);
  assert.equal(file.headers()["x-content-type-options"], "nosniff");
  assert.match(await file.text(), /disk failed/);
  // Another institution does not even learn that it exists.
  const stranger = await signIn(chrome, desk, "hospital-reporter", { lang: "en" });
  assert.equal((await stranger.request.get(desk.url + href)).status(), 404);
  assert.equal((await stranger.request.get(page.url())).status(), 404);
  await stranger.close();
  await context.close();
});
