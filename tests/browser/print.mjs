// Prints a series, and a part of it, as a reader would from the browser, on both common sizes of paper:
// `node tests/browser/print.mjs SITE FOLDER`. What lies on the pages is looked at by
// `tests/validate/pdf.py FOLDER`.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checks, host, launch, opener } from './lib.mjs';

const [site, folder] = process.argv.slice(2);
const { origin, close } = await host(site);
const browser = await launch();
const tests = checks();
const open = opener(browser);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

for (const [name, path] of [['series', '/ai-demystified/print/'], ['guide', '/guide/print/'], ['part', '/ai-demystified/rag/']]) {
  const { context, page, problems } = await open();
  await page.goto(origin + path, { waitUntil: 'networkidle' });
  for (const format of ['A4', 'Letter']) {
    await page.pdf({ path: join(folder, `${name}-${format}.pdf`), format, outline: true, tagged: true });
  }
  const ids = await page.evaluate(() => { const all = [...document.querySelectorAll('[id]')].map((element) => element.id); return all.filter((id, at) => all.indexOf(id) !== at); });
  tests.same(`every id of ${path} is there once`, ids, []);
  const dead = await page.evaluate(() => [...document.querySelectorAll('main a[href^="#"]')].filter((a) => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map((a) => a.hash));
  tests.same(`links within ${path} land`, dead, []);
  tests.same(`no complaint on ${path}`, problems, []);
  await context.close();
}

await browser.close();
close();
tests.finish();
