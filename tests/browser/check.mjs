// Looks at HTML reports in a headless browser, in three widths, light and dark. Fails where a page runs
// what it should not, asks for anything, is wider than its window, loses something without script, or
// has a serious accessibility finding.
//
//   node check.mjs [--browser PATH] [--screenshots FOLDER] FILE ...

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [360, 800, 1440];
const SCHEMES = ["light", "dark"];
// Browsers at the same time, one page each: a page behind another one is not painted.
const AT_ONCE = 2;
// Milliseconds after which a browser that does not answer is a failure.
const PATIENCE = 60_000;

const options = { browser: "", screenshots: "", files: [] };
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--browser" || word === "--screenshots") options[word.slice(2)] = words.shift();
  else options.files.push(resolve(word));
}

function browserPath() {
  const known = [process.env.BROWSER_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = [options.browser, ...known].find((path) => path && existsSync(path));
  if (!found) throw new Error("no browser was found: name one with `--browser PATH`");
  return found;
}

/// A page that reports everything that it does beside being read.
async function open(browser, file, width, scheme) {
  const page = await browser.newPage();
  const events = [];
  page.on("dialog", async (dialog) => {
    events.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("pageerror", (error) => events.push(`error: ${error.message}`));
  page.on("console", (message) => events.push(`console: ${message.text()}`));
  page.on("popup", () => events.push("a window was opened"));
  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame()) events.push(`frame: ${frame.url()}`);
  });
  const own = pathToFileURL(file).href;
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (request.url().split("#")[0] === own) return request.continue();
    events.push(`request: ${request.url()}`);
    return request.abort();
  });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: scheme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  await page.setViewport({ width, height: 900 });
  await page.goto(own, { waitUntil: "load" });
  return { page, events };
}

/// What the page shows without script, for comparison with what it shows with it.
async function withoutScript(browser, file) {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  const client = await page.createCDPSession();
  const { root } = await client.send("DOM.getDocument", { depth: 0 });
  const { outerHTML } = await client.send("DOM.getOuterHTML", { nodeId: root.nodeId });
  await page.close();
  return { findings: (outerHTML.match(/class="card finding/g) ?? []).length };
}

/// Uses the page as a person would: every fold, every field, the keyboard.
async function use(page) {
  return page.evaluate(async () => {
    const problems = [];
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
    for (const form of document.querySelectorAll("form.controls")) {
      if (form.hidden) problems.push("controls stay hidden");
      const list = document.getElementById(form.dataset.for);
      const all = list.children.length;
      const shown = () => [...list.children].filter((item) => !item.hidden).length;
      const input = form.querySelector("input");
      const type = (text) => { input.value = text; input.dispatchEvent(new Event("input")); };
      type("no text has this in it, or so one hopes");
      if (shown() !== 0) problems.push("the filter hides nothing");
      type("");
      if (shown() !== all) problems.push("the filter does not show everything again");
      for (const select of form.querySelectorAll("select")) {
        for (const option of select.options) {
          select.value = option.value;
          select.dispatchEvent(new Event("change"));
          if (list.children.length !== all) problems.push(`${select.name} loses items`);
        }
        select.value = select.options[0].value;
        select.dispatchEvent(new Event("change"));
      }
      form.querySelector("button").click();
      form.querySelector("button").click();
    }
    for (const element of document.querySelectorAll("*")) {
      for (const event of ["mouseover", "focus", "error", "load", "click"]) {
        const harmless = event === "click" && !element.closest("a, button, summary");
        if (event !== "click" || harmless) element.dispatchEvent(new Event(event));
      }
    }
    const strange = document.querySelectorAll("img, iframe, object, embed, link, base, audio, video, math, [style]");
    if (strange.length > 0) problems.push(`${strange.length} elements are not ours`);
    if (document.scripts.length !== 1) problems.push(`${document.scripts.length} scripts`);
    return problems;
  });
}

async function accessibility(page) {
  // The page's own policy forbids foreign scripts, so the checker comes in from outside of the page.
  const client = await page.createCDPSession();
  await client.send("Runtime.evaluate", { expression: axe });
  const { result, exceptionDetails } = await client.send("Runtime.evaluate", {
    expression: "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))",
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return JSON.parse(result.value);
}

async function look(browser, file) {
  const name = basename(file, ".html");
  const problems = [];
  let serious = 0;
  let minor = 0;
  const script = await withoutScript(browser, file);
  // What tries to break out does so at any width.
  const once = name.startsWith("hostile");
  for (const scheme of once ? SCHEMES.slice(0, 1) : SCHEMES) {
    for (const width of once ? WIDTHS.slice(1, 2) : WIDTHS) {
      const { page, events } = await open(browser, file, width, scheme);
      const where = `${name} ${width} ${scheme}`;
      if (options.screenshots) {
        await page.screenshot({ path: join(options.screenshots, `${name}-${width}-${scheme}.png`), fullPage: true });
      }
      problems.push(...(await use(page)).map((problem) => `${where}: ${problem}`));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) problems.push(`${where}: ${wide} pixels wider than the window`);
      const findings = await page.evaluate(() => document.querySelectorAll(".finding").length);
      if (findings !== script.findings) problems.push(`${where}: script changes what is there`);
      for (const violation of await accessibility(page)) {
        const heavy = ["serious", "critical"].includes(violation.impact);
        serious += heavy ? 1 : 0;
        minor += heavy ? 0 : 1;
        const places = violation.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary ?? ""}`);
        const words = `${where}: axe ${violation.impact} ${violation.id}: ${places.join(" | ")}`;
        if (heavy) problems.push(words);
        else console.log(`  ${words}`);
      }
      problems.push(...events.map((event) => `${where}: ${event}`));
      await page.close();
    }
  }
  const digest = createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);
  console.log(`${name} (${digest}): ${problems.length} problems, axe serious ${serious}, minor ${minor}`);
  return problems;
}

/// A page that does everything that none may do: the checks have to see all of it.
async function checkTheChecks(browser) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-vouch-"));
  const file = join(folder, "control.html");
  const body = `<!DOCTYPE html><html><head><title>x</title></head><body><div style="width:3000px;color:#bbb">
    faint</div><img src="https://evil.example/x.png"><script>alert(1); fetch("https://evil.example/y")</script></body></html>`;
  writeFileSync(file, body);
  const found = (await look(browser, file)).join("\n");
  rmSync(folder, { recursive: true });
  for (const sign of ["dialog: 1", "request: https://evil.example/x.png", "request: https://evil.example/y",
    "wider than the window", "axe serious color-contrast", "axe critical image-alt", "elements are not ours"]) {
    if (!found.includes(sign)) throw new Error(`the checks do not see: ${sign}`);
  }
}

if (options.files.length === 0) throw new Error("no page was named");
if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
// The sandbox needs rights that a container may not give; nothing but our own files is opened.
const launch = () =>
  puppeteer.launch({
    executablePath: browserPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    protocolTimeout: PATIENCE,
  });
const problems = [];
const waiting = [...options.files];
const worker = async (_, number) => {
  let browser = await launch();
  // A browser that stopped answering says nothing about a page: a new one looks at it once more.
  const surely = async (ask) => {
    try {
      return await ask(browser);
    } catch (error) {
      console.log(`  a browser stopped answering (${error.message}): started again`);
      await browser.close().catch(() => browser.process()?.kill("SIGKILL"));
      browser = await launch();
      return ask(browser);
    }
  };
  try {
    if (number === 0) await surely(checkTheChecks);
    while (waiting.length > 0) {
      const file = waiting.shift();
      problems.push(...(await surely((browser) => look(browser, file))));
    }
  } finally {
    await browser.close();
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
console.log(`${options.files.length} pages, ${problems.length} problems`);
problems.slice(0, 60).forEach((problem) => console.log(`- ${problem}`));
process.exit(problems.length > 0 ? 1 : 0);
