// The journey "register and classify": a victim nobody knows stands in the
// register in under a minute, is listed later and keeps its history; a stranger
// registers an institution and somebody else approves; an officer proposes a
// change; a file is tried before it is taken. And every page of the register and
// of the desk's own administration, whole in both languages and sizes.
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
  // The browser itself reports answers like 409 and 422, which are meant.
  assert.deepEqual(page.faults.filter((f) => !/status of 4(09|22)/.test(f)), [], `faults of ${name}`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
}
const send = (page) => page.locator("main form[method=post] .actions button").first().click();
const nobody = (lang, options) => chrome.newContext({ viewport: { width: 1440, height: 900 }, ...options }).then(async (c) => {
  await c.addCookies([{ name: "lang", value: lang, url: desk.url }]);
  return c;
});

for (const lang of ["sq", "en"])
  for (const [size, options] of [["phone", phone], ["desktop", {}]]) {
    const mark = `${lang} ${size} ${Date.now().toString(36)}`;

    test(`register and classify, ${lang}, ${size}`, async () => {
      const context = await signIn(chrome, desk, "duty", { lang, ...options });
      const page = await watched(context);
      const began = Date.now();
      await page.goto(`${desk.url}/institutions/new`);
      await whole(page, `institution-new-${size}-${lang}`);
      await page.fill('[name="names.0.text.sq"]', `Viktima ${mark}`);
      await page.fill('[name="contacts.0.name"]', "Roja");
      await page.fill('[name="contacts.0.phone"]', "+355 4 222 0000");
      await send(page);
      await page.waitForURL(/\/institutions\/[0-9a-f-]{36}$/);
      assert.ok(Date.now() - began < 60_000, "in under a minute");
      const address = page.url();
      assert.equal((await page.locator("h1").textContent()).trim(), `Viktima ${mark}`);
      await whole(page, `institution-${size}-${lang}`);

      // The same name again: the known one is shown, nothing typed is lost.
      await page.goto(`${desk.url}/institutions/new`);
      await page.fill('[name="names.0.text.sq"]', `Viktima ${mark}`);
      await send(page);
      await page.locator("input[name=anyway]").waitFor();
      assert.equal(await page.inputValue('[name="names.0.text.sq"]'), `Viktima ${mark}`);
      assert.equal(new URL(await page.locator(".facts a").first().getAttribute("href"), desk.url).href, address);

      // Listed: the history is added to, the address stays.
      await page.goto(`${address}/classify`);
      await page.locator("input[name=class]").first().check();
      await send(page);
      assert.ok(await page.locator(".summary").isVisible(), "an act or a reason is asked for");
      await page.fill("[name=act]", "VKM 1/2026");
      await whole(page, `classify-${size}-${lang}`);
      await send(page);
      await page.waitForURL(address);
      assert.match(await page.locator("#infrastructures").textContent(), /VKM 1\/2026/);
      assert.equal(await page.locator("#history details").count(), 2);

      // Found by the beginning of a word.
      await page.goto(`${desk.url}/search?q=${encodeURIComponent(`viktima ${lang} ${size}`)}`);
      assert.ok((await page.locator(`main a[href$="${new URL(address).pathname}"]`).count()) === 1);
      await context.close();
    });

    test(`a stranger registers, the supervisor approves, ${lang}, ${size}`, async () => {
      const outside = await nobody(lang, options);
      const page = await watched(outside);
      await page.goto(`${desk.url}/register`);
      await whole(page, `register-${size}-${lang}`);
      await send(page);
      assert.ok(await page.locator(".summary").isVisible());
      await page.fill('[name="names.0.text.sq"]', `Klinika ${mark}`);
      await page.fill('[name="contacts.0.name"]', "Recepsioni");
      await page.fill('[name="contacts.0.mail"]', "post@clinic.example");
      await page.fill('[name="applicant.name"]', "Arta Prova");
      await page.fill('[name="applicant.mail"]', `arta-${mark.replaceAll(" ", "-")}@clinic.example`);
      await send(page);
      await page.waitForURL(/\/register\/done/);
      await whole(page, `register-done-${size}-${lang}`);
      await outside.close();

      const context = await signIn(chrome, desk, "supervisor", { lang, ...options });
      const desk2 = await watched(context);
      await desk2.goto(`${desk.url}/proposals`);
      await whole(desk2, `proposals-${size}-${lang}`);
      await desk2.locator("main a", { hasText: `Klinika ${mark}` }).click();
      await whole(desk2, `proposal-${size}-${lang}`);
      await desk2.locator("#decision button").first().click();
      await desk2.locator(".flash.good").waitFor();
      assert.ok(await desk2.locator(".page-head .chip.good").isVisible(), "approved");
      await context.close();
    });
  }

test("an officer proposes, and does not decide; the duty officer does", async () => {
  const context = await signIn(chrome, desk, "officer");
  const page = await watched(context);
  await page.goto(`${desk.url}/institutions`);
  assert.equal(await page.locator("tbody tr").count(), 1, "an officer knows the own institution alone");
  await page.locator("tbody th a").click();
  const address = page.url();
  await page.goto(`${address}/edit`);
  assert.equal(await page.locator("[name=mark]").count(), 0, "the marking is the authority's");
  await page.fill('[name="contacts.0.phone"]', `+355 4 ${String(Date.now()).slice(-6)}`);
  await send(page);
  await page.waitForURL(/\/proposals\//);
  assert.equal(await page.locator("form[action$='/approve']").count(), 0);
  const proposal = page.url();
  await context.close();
  const duty = await signIn(chrome, desk, "duty");
  const other = await watched(duty);
  await other.goto(proposal);
  assert.ok((await other.locator("table.diff tbody tr").count()) >= 1);
  await other.locator("#decision button").first().click();
  await other.locator(".flash.good").waitFor();
  await duty.close();
});

test("two editors: nothing typed is lost", async () => {
  const context = await signIn(chrome, desk, "duty");
  const a = await watched(context);
  const b = await watched(context);
  await a.goto(`${desk.url}/institutions/new`);
  await a.fill('[name="names.0.text.sq"]', `Dy redaktorë ${Date.now().toString(36)}`);
  await send(a);
  await a.waitForURL(/\/institutions\/[0-9a-f-]{36}$/);
  const address = a.url();
  await a.goto(`${address}/edit`);
  await b.goto(`${address}/edit`);
  await a.fill("[name=tax_id]", "K12345678A");
  await send(a);
  await a.waitForURL(address);
  await b.fill("[name=kind]", "operator");
  await send(b);
  await b.locator("table.diff").first().waitFor();
  assert.equal(await b.inputValue("[name=tax_id]"), "K12345678A", "theirs is kept");
  assert.equal(await b.inputValue("[name=kind]"), "operator", "mine is kept");
  await whole(b, "clash");
  await send(b);
  await b.waitForURL(address);
  await context.close();
});

test("a file is tried before it is taken", async () => {
  const context = await signIn(chrome, desk, "duty");
  const page = await watched(context);
  const name = `Importi ${Date.now().toString(36)}`;
  await page.goto(`${desk.url}/institutions/import`);
  await page.setInputFiles("input[type=file]", { name: "x.csv", mimeType: "text/csv", buffer: Buffer.from(`name:sq,country,contact_name,contact_mail\n${name},AL,Roja,a@b.example\nTjetër ${name},ALX,,\n`) });
  await send(page);
  await page.waitForURL(/\/institutions\/import$/);
  assert.match(await page.locator("main").textContent(), new RegExp(name));
  await whole(page, "import-plan");
  await page.locator("form[action$='/do'] button").click();
  await page.locator(".flash.good").waitFor();
  await page.goto(`${desk.url}/institutions?q=${encodeURIComponent(name)}`);
  assert.equal(await page.locator("tbody tr").count(), 1, "the row in error was passed over");
  await context.close();
});

test("an administrator invites, resets and shuts out", async () => {
  const context = await signIn(chrome, desk, "admin");
  const page = await watched(context);
  await page.goto(`${desk.url}/people/new`);
  await page.fill("[name=name]", "Provë Njeri");
  await page.fill("[name=email]", `p${Date.now().toString(36)}@demo.example`);
  await page.selectOption("[name=role]", "analyst");
  await send(page);
  await page.waitForURL(/\/people\/[0-9a-f-]{36}$/);
  await whole(page, "person");
  await page.locator("#access button").first().click();
  await page.locator(".flash.good").waitFor();
  await page.locator("#access button.danger").click();
  await page.locator(".page-head .chip.bad").waitFor();
  await context.close();
});

const pages = {
  duty: ["/institutions", "/institutions/export", "/outbox", "/outbox?state=sent", "/jobs", "/search?q=op", "/accessibility"],
  admin: ["/people", "/audit/chain", "/jobs"],
  auditor: ["/audit", "/people"],
};
for (const [width, theme, lang] of [[360, "dark", "sq"], [768, "light", "sq"], [1440, "light", "en"], [1440, "dark", "en"]])
  test(`every page is whole, ${width}, ${theme}, ${lang}`, async () => {
    for (const [who, list] of Object.entries(pages)) {
      const context = await signIn(chrome, desk, who, { lang, theme, viewport: { width, height: 900 } });
      const page = await watched(context);
      for (const path of list) {
        const answer = await page.goto(desk.url + path);
        assert.equal(answer.status(), 200, `${path} as ${who}`);
        await whole(page, `${who}${path.replace(/[^a-z]+/g, "-")}-${width}-${theme}-${lang}`);
      }
      await context.close();
    }
  });
