// Takes pictures of every storybook page: node screens.js [folder].
import { mkdirSync } from "node:fs";
import { browser, storybook } from "./desk.js";

const out = process.argv[2] || "out";
const only = process.argv[3];
mkdirSync(out, { recursive: true });
const desk = await storybook();
const chrome = await browser();
try {
  for (const [name, path] of Object.entries({ situation: "/storybook", incident: "/storybook/incident", report: "/storybook/report", parts: "/storybook/parts" }))
    for (const [width, height] of [[1440, 900], [768, 1024], [360, 740]])
      for (const theme of ["light", "dark"])
        for (const lang of ["en", "sq"]) {
          const file = `${name}-${width}-${theme}-${lang}`;
          if (only && !file.match(only)) continue;
          const page = await chrome.newPage({ viewport: { width, height } });
          await page.goto(`${desk.url}${path}?lang=${lang}&theme=${theme}`, { waitUntil: "networkidle" });
          await page.screenshot({ path: `${out}/${file}.png`, fullPage: true });
          await page.close();
        }
} finally {
  await chrome.close();
  await desk.close();
}
