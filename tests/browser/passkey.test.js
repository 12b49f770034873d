// Passkeys with Chromium's virtual authenticator: add one, sign in with it,
// prove oneself anew with it, remove it; and the pages without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, browser, demo, overflow, signIn, watched } from "./desk.js";

let desk, chrome;
before(async () => {
  desk = await demo();
  // Browsers make passkeys for names only: the demo's are made for localhost.
  desk.url = desk.url.replace("127.0.0.1", "localhost");
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await desk?.close();
});

// device gives the page an authenticator that checks its user.
async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    keys: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    verified: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

test("a passkey is added, opens the desk, proves anew and is removed", async () => {
  const context = await signIn(chrome, desk, "officer");
  const page = await watched(context);
  const authenticator = await device(page);
  const name = `Phone ${Date.now()}`; // a desk that goes on may hold older ones
  await page.goto(`${desk.url}/account`);
  const add = page.locator("[data-passkey=new]");
  await add.locator("button").click();
  await add.locator("[role=alert]:not(:empty)").waitFor();
  assert.equal((await authenticator.keys()).length <= 1, true);
  page.faults.length = 0; // the refusal of an empty name is said on the page and in the console
  await add.locator("input").fill(name);
  await add.locator("button").click();
  await page.locator("#ways td, #ways th", { hasText: name }).first().waitFor();
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(await overflow(page), []);
  assert.ok((await authenticator.keys()).length >= 1, "the device holds a key");

  await context.request.post(`${desk.url}/sign-out`, { headers: { Origin: desk.url, "Sec-Fetch-Site": "same-origin" } });
  await page.goto(`${desk.url}/sign-in?next=/account`);
  assert.deepEqual(await axe(page), []);
  await page.locator("[data-passkey=use] button").click();
  await page.waitForURL(`${desk.url}/account`);
  assert.match(await page.locator("body").textContent(), /officer@demo\.example/);

  await page.goto(`${desk.url}/proof?next=/account`);
  assert.deepEqual(await axe(page), []);
  await page.locator("[data-passkey=use] button").click();
  await page.waitForURL(`${desk.url}/account`);
  assert.deepEqual(page.faults, []);

  // A device that does not know its user opens nothing, and says so.
  await authenticator.verified(false);
  await page.goto(`${desk.url}/proof?next=/account`);
  await page.locator("[data-passkey=use] button").click();
  await page.locator("[data-passkey=use] [role=alert]:not(:empty)").waitFor();
  await authenticator.verified(true);

  await page.goto(`${desk.url}/account`);
  await page.locator("#ways tbody tr", { hasText: name }).locator('form[action="/account/identities/forget"] button').click();
  await page.locator("#ways", { hasText: name }).waitFor({ state: "detached" });
  await context.request.post(`${desk.url}/sign-out`, { headers: { Origin: desk.url, "Sec-Fetch-Site": "same-origin" } });
  await page.goto(`${desk.url}/sign-in`);
  await page.locator("[data-passkey=use] button").click();
  await page.locator("[data-passkey=use] [role=alert]:not(:empty)").waitFor();
  await context.close();
});

test("without script, and on another address, no passkey button is shown", async () => {
  const plain = await chrome.newContext({ javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(`${desk.url}/sign-in`);
  assert.equal(await page.locator("[data-passkey] button").isVisible(), false);
  assert.ok(await page.locator("#f-password").isVisible());
  await plain.close();
  const other = await chrome.newContext();
  const there = await watched(other);
  await there.goto(`${desk.url.replace("localhost", "127.0.0.1")}/sign-in`);
  assert.equal(await there.locator("[data-passkey] button").isVisible(), false);
  assert.deepEqual(there.faults, []);
  await other.close();
});
