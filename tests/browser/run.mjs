// Looks at the built site in Chromium: every kind of page, on a phone and on a desk, light and dark.
// `node tests/browser/run.mjs SITE [--screenshots DIR]`; the second form writes a picture of each.
import { readFile, readdir, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checks, host, launch } from './lib.mjs';

const site = process.argv[2] ?? 'public';
const pictures = process.argv[3] === '--screenshots' ? process.argv[4] : null;
const { origin, close } = await host(site);

const folders = async (path) => (await readdir(join(site, path), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const tags = await folders('tags');
const pages = {
  home: '/', series: '/ai-demystified/', first: '/ai-demystified/mental-models/',
  part: '/ai-demystified/finetuning-vs-prompting/', blocks: '/guide/blocks/', keys: '/guide/keys/', contract: '/guide/contract/', last: '/ai-demystified/evaluation/',
  comparisons: '/ai-demystified/comparisons/', print: '/ai-demystified/print/', search: '/search/', page: '/about/', tags: '/tags/', tag: `/tags/${tags[0]}/`, missing: '/404.html',
  swedish: '/sv/ai-demystified/finjustering-eller-prompt/', 'swedish series': '/sv/ai-demystified/', hindi: '/hi/ai-demystified/paanch-mansik-model/', 'hindi home': '/hi/', bengali: '/bn/ai-demystified/panchti-manosik-model/',
};
try {
  await readFile(join(site, 'ai-demystified/glossary/index.html'));
  pages.glossary = '/ai-demystified/glossary/';
} catch {
  // The series has no glossary.
}

const browser = await launch();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tests = checks();
const check = tests.check.bind(tests);
if (pictures) await mkdir(pictures, { recursive: true });

for (const scheme of ['light', 'dark']) {
  for (const width of [320, 360, 768, 1280, 1920]) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, bypassCSP: false });
    const page = await context.newPage();
    for (const [kind, path] of Object.entries(pages)) {
      const problems = [];
      const listen = (message) => ['error', 'warning'].includes(message.type()) && problems.push(`console: ${message.text()}`);
      const failed = (request) => problems.push(`request failed: ${request.url()}`);
      page.on('console', listen);
      page.on('requestfailed', failed);
      const response = await page.goto(origin + path, { waitUntil: 'load' });
      if (response.status() !== 200) problems.push(`status ${response.status()}`);
      const overflow = await page.evaluate(() => {
        const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        if (wide <= 0) return null;
        const widest = [...document.querySelectorAll('body *')].find((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
        return `${wide}px too wide at ${widest?.tagName}.${widest?.className}`;
      });
      if (overflow) problems.push(overflow);
      page.off('console', listen);
      page.off('requestfailed', failed);
      check(`${kind} ${width} ${scheme}`, problems);
      if (pictures) await page.screenshot({ path: join(pictures, `${kind}-${width}-${scheme}.png`), fullPage: true });
    }
    await context.close();
  }
  // axe is injected, which the pages' own policy would forbid.
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 360, height: 800 }, bypassCSP: true });
  const page = await context.newPage();
  for (const [kind, path] of Object.entries(pages)) {
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(origin + path, { waitUntil: 'load' });
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }));
      check(`axe ${kind} ${width} ${scheme}`, found.violations.map((v) => `${v.id}: ${v.help} (${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')})`));
    }
  }
  await context.close();
}

// The page of part 12, as a reader meets it, without JavaScript.
{
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(origin + pages.part);
  const text = await page.locator('main').innerText();
  const order = ['AI Demystified', 'Series · Part 12 of 21', 'Practice', 'Fine-tuning vs. Prompting', 'Abhishek Saha', 'AI / ML', 'min read', 'Fine-tuning vs RAG vs Prompting', 'Next up: Part 13', '16 of 21 published', 'Newsletter', 'Discussion'];
  const lower = text.toLowerCase();
  let from = 0;
  const missing = [];
  for (const words of order) {
    const at = lower.indexOf(words.toLowerCase(), from);
    if (at < 0) missing.push(`not there, or not after what stands before it: ${words}`);
    else from = at;
  }
  check('part 12 shows its parts in order', missing);
  const index = page.locator('nav.series-index li');
  check('its index lists 21 parts', (await index.count()) === 21 ? [] : [`${await index.count()} lines`]);
  check('one is current', (await page.locator('nav.series-index [aria-current="page"]').count()) === 1 ? [] : ['not one']);
  check('five are soon and not linked', (await page.locator('nav.series-index li.soon').count()) === 5 && (await page.locator('nav.series-index li.soon a').count()) === 0 ? [] : ['not five']);
  const options = await page.locator('.comparison').first().locator('article.option').count();
  check('three options are compared', options === 3 ? [] : [`${options} options`]);
  check('its track alone is open in the index', (await page.locator('nav.series-index details[open]').allInnerTexts()).filter((text) => text.startsWith('Practice')).length === 1 && (await page.locator('nav.series-index details[open]').count()) === 1 ? [] : ['not so']);
  check('the next part is linked once', (await page.locator('main a[rel="next"]').count()) === 1 && (await page.locator('.neighbors a').count()) === 1 ? [] : ['not so']);
  check('a line for each part leads to the series', (await page.locator('a.place[href="/ai-demystified/"] i').count()) === 21 && (await page.locator('a.place i.this').count()) === 1 ? [] : ['not so']);
  await page.emulateMedia({ media: 'print' });
  check('the comparison is readable in print', (await page.locator('.comparison .option').first().isVisible()) ? [] : ['hidden']);
  await context.close();
}

// The first view of a part holds words of its text, on a desk and on a phone.
for (const [width, height, most] of [[1280, 800, 420], [768, 1024, 500], [360, 740, 590]]) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  await page.goto(origin + pages.part);
  const top = await page.locator('.prose > p').first().evaluate((line) => line.getBoundingClientRect().top);
  check(`the text begins in the first view at ${width}`, top <= most ? [] : [`at ${top} px, ${most} at most`]);
  await context.close();
}

// A reader with a keyboard alone: the first stop skips to the content.
{
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(origin + pages.part);
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => document.activeElement?.getAttribute('href'));
  check('the first stop is the skip link', first === '#pw-main' ? [] : [`${first}`]);
  await page.locator('.quiz summary').first().focus();
  await page.keyboard.press('Enter');
  const open = await page.locator('.quiz details').first().getAttribute('open');
  check('a quiz answers to the keyboard', open === null ? ['closed'] : []);
  await context.close();
}

await browser.close();
close();
tests.finish();
