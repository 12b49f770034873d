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
