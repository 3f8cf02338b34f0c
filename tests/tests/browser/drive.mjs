// Uses the search, the filters, the views and the keys of a report, and prints what follows as a JSON object.
//
// Usage: node drive.mjs PACKAGES CHROMIUM ADDRESS
import { createRequire } from "node:module";

const [packages, executablePath, address] = process.argv.slice(2);
const { chromium } = createRequire(`${packages}/x`)("playwright-core");

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
const seen = {};
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(address);
  const found = () => page.locator("#found").textContent();
  const open = () => page.locator("details.change[open]").count();
  const press = (name) => page.locator(`button[data-value=${name}]`).click();
  seen["at first"] = await found();
  await page.keyboard.press("/");
  await page.keyboard.type("*X");
  seen["after a text of a diff"] = await found();
  await page.keyboard.press("Escape");
  seen["after Escape"] = await found();
  await press("remove");
  seen["with one filter"] = await found();
  await press("system");
  seen["with two filters"] = await found();
  await press("system");
  await press("remove");
  await page.locator("h1").click();
  await page.keyboard.press("e");
  seen["open after e"] = await open();
  await page.locator("pre .json-key").first().waitFor();
  await page.keyboard.press("c");
  seen["open after c"] = await open();
  for (const key of "jjk") await page.keyboard.press(key);
  seen["focus after j, j, k"] = await page.evaluate(() => [...document.querySelectorAll("details.change > summary")].indexOf(document.activeElement));
  await page.keyboard.press("s");
  await page.keyboard.press("e");
  const sides = page.locator(".change[data-action=change] > .sides");
  await sides.first().waitFor();
  seen["old beside new"] = await sides.first().evaluate((grid) => {
    const cells = [...grid.children];
    const old = cells.findIndex((cell) => cell.tagName === "DEL");
    const [left, right] = [cells[old], cells[old + 1]].map((cell) => cell.getBoundingClientRect());
    return cells[old + 1].tagName === "INS" && left.top === right.top && left.right <= right.left + 1;
  });
  await page.keyboard.press("c");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  seen["open in print"] = await open();
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
