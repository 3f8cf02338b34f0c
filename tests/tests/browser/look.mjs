// Opens pages in Chromium as different readers would, and prints what is wrong with each as a JSON object of lists.
//
// Usage: node look.mjs PACKAGES CHROMIUM ADDRESS…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, executablePath, ...addresses] = process.argv.slice(2);
const { chromium } = createRequire(`${packages}/x`)("playwright-core");
const axe = readFileSync(`${packages}/axe-core/axe.min.js`, "utf8");

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
const found = {};
try {
  for (const address of addresses) {
    const wrong = (found[address] = []);
    let words;
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 390]) {
        const where = `${colorScheme}, ${width} px`;
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
        page.on("console", (message) => wrong.push(`${where}: console: ${message.text()}`));
        page.on("pageerror", (error) => wrong.push(`${where}: script: ${error}`));
        page.on("request", (request) => {
          if (request.url() !== address) wrong.push(`${where}: request: ${request.url()}`);
        });
        await page.goto(address);
        words = (await page.locator("body").textContent()).length;
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) wrong.push(`${where}: the page is ${overflow} px wider than the window`);
        // Every control can be reached with the keyboard, and shows that it has the focus.
        const controls = await page.locator("a[href], button, input, select, summary").count();
        const reached = new Set();
        for (let step = 0; step < Math.min(controls, 40); step++) {
          await page.keyboard.press("Tab");
          const at = await page.evaluate(() => {
            const element = document.activeElement;
            if (!element || element === document.body) return null;
            const style = getComputedStyle(element);
            const all = [...document.querySelectorAll("*")];
            return { at: all.indexOf(element), shown: style.outlineStyle !== "none" || style.boxShadow !== "none", name: element.outerHTML.slice(0, 80) };
          });
          if (!at) continue;
          reached.add(at.at);
          if (!at.shown) wrong.push(`${where}: the focus does not show: ${at.name}`);
        }
        if (controls > 0 && reached.size === 0) wrong.push(`${where}: no control can be reached with the keyboard`);
        await page.close();

        // Contrast differs by theme, and what is hidden by width: two of the four have both. The rules run in a page that does not enforce its policy, which forbids every foreign script.
        if ((colorScheme === "light") !== (width === 1280)) continue;
        const audited = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        await audited.goto(address);
        await audited.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
        await audited.evaluate(axe);
        const { violations } = await audited.evaluate(() => axe.run());
        for (const { id, impact, nodes } of violations.filter(({ impact }) => ["serious", "critical"].includes(impact))) {
          wrong.push(`${where}: ${impact}: ${id}: ${nodes[0].html.slice(0, 200)} (${nodes.length} times): ${nodes[0].failureSummary}`);
        }
        await audited.close();
      }
    }
    const plain = await browser.newPage({ javaScriptEnabled: false });
    await plain.goto(address);
    const shown = (await plain.locator("body").textContent()).length;
    if (shown !== words) wrong.push(`without script, the page has ${shown} characters of text in place of ${words}`);
    await plain.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
