// What a reader gains from scripts, and what stays without them: `node tests/browser/aids.mjs SITE`.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checks, host, launch, opener, policyOf } from './lib.mjs';

const site = process.argv[2] ?? 'public';
const { origin, close } = await host(site);
const browser = await launch();
const tests = checks();
const series = '/ai-demystified/';
const part = `${series}finetuning-vs-prompting/`;

const open = opener(browser);
const paths = ['/', series, part, `${series}embeddings/`, `${series}comparisons/`, `${series}glossary/`, `${series}print/`, '/tags/', '/tags/rag/', '/search/', '/about/', '/404.html'];
const widths = [320, 360, 768, 1280, 1920];
const overflow = (page) => page.evaluate(() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) return [];
  const widest = [...document.querySelectorAll('body *')].find((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
  return [`${wide}px too wide at ${widest?.tagName}.${widest?.className}`];
});
const words = (page) => page.evaluate(() => {
  const main = document.querySelector('main').cloneNode(true);
  for (const control of main.querySelectorAll('button, input, select, template')) control.remove();
  return main.textContent.replace(/\s+/g, ' ').trim();
});

// A first visit: scripts add no words to what there is to read.
for (const path of ['/', series, part, `${series}comparisons/`, '/about/', '/search/']) {
  const scripted = await open();
  await scripted.page.goto(origin + path);
  const plain = await open({ javaScriptEnabled: false });
  await plain.page.goto(origin + path);
  const without = await plain.page.locator('main').evaluate((main) => {
    for (const control of main.querySelectorAll('button, input, select, template, noscript')) control.remove();
    return main.textContent.replace(/\s+/g, ' ').trim();
  }).catch(() => null);
  const main = await words(scripted.page);
  const aside = await scripted.page.evaluate(() => [...document.querySelectorAll('main noscript')].map((e) => e.textContent.replace(/\s+/g, ' ').trim()).join(' '));
  const reduced = aside ? main.replace(aside, '').replace(/\s+/g, ' ').trim() : main;
  tests.same(`a first visit adds no words to ${path}`, reduced, without);
  tests.same(`no complaint on ${path}`, scripted.problems, []);
  await scripted.context.close();
  await plain.context.close();
}

// The theme switch remembers, before the first paint, and can go back to the system's.
{
  const { context, page } = await open({ colorScheme: 'light' });
  await page.goto(origin + part);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.locator('.theme-switch select').focus();
  await page.locator('.theme-switch select').selectOption('dark');
  const dark = await paper();
  tests.check('the switch changes the colors', light === dark ? [`both ${dark}`] : []);
  await page.goto(origin + series, { waitUntil: 'commit' });
  await page.waitForSelector('body');
  tests.same('the choice holds on the next page', await paper(), dark);
  tests.same('and shows in the switch', await page.locator('.theme-switch select').inputValue(), 'dark');
  await page.locator('.theme-switch select').selectOption('');
  tests.same('the system decides again', await paper(), light);
  await context.close();
}

// Progress: nothing on the first visit, then what was read, what is new, where to go on.
{
  const { context, page, problems } = await open();
  await page.goto(origin + series);
  tests.same('a first visit shows no progress', await page.locator('.reading-state').count(), 0);
  await page.goto(`${origin}${series}rag/`);
  await page.locator('.part-tags, .next-up').first().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => Object.entries(localStorage).some(([key, value]) => key.startsWith('partwork:read:') && JSON.parse(value).read.includes('rag')));
  await page.goto(origin + part);
  tests.same('what was read is told beside the part', await page.locator('.place .where').innerText(), 'Part 12 of 21 · 1 read');
  tests.same('and in the index', await page.locator('.series-index .is-read').evaluateAll((lines) => lines.map((line) => line.dataset.part)), ['rag']);
  await page.locator('.part-tags, .next-up').first().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => Object.entries(localStorage).some(([key, value]) => key.startsWith('partwork:read:') && JSON.parse(value).read.length === 2));
  await page.goto(`${origin}${series}evaluation/`);
  // The next visit finds two parts that were not there before.
  await page.evaluate(() => {
    sessionStorage.clear();
    for (const [key, value] of Object.entries(localStorage)) {
      const record = JSON.parse(value);
      if (record?.known) localStorage.setItem(key, JSON.stringify({ ...record, known: record.known.slice(2) }));
    }
  });
  await page.goto(origin + series);
  const state = page.locator('.reading-state');
  tests.same('the tally of what was read', await state.locator('.tally').innerText(), '2 of 16 read · 2 new since your visit');
  tests.check('where to go on', (await page.locator('.start a').getAttribute('href')).endsWith('/evaluation/') ? [] : [await page.locator('.start a').getAttribute('href')]);
  tests.same('the part left last stands out', await page.locator('.spine.is-last').count(), 1);
  tests.same('two parts are marked as read', await page.locator('.spine.is-read').count(), 2);
  await state.locator('.forget').focus();
  await page.keyboard.press('Enter');
  tests.same('the record can be cleared', [await state.count(), await page.locator('.is-read').count(), await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('partwork:read:')).length)], [0, 0, 0]);
  tests.same('no complaint about progress', problems, []);
  await context.close();
}

// Search, with the keyboard alone; its files are loaded on first use.
{
  const { context, page, problems } = await open();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(origin + part);
  await page.waitForLoadState('networkidle');
  tests.same('nothing of the search is loaded before it is used', asked.filter((path) => path.startsWith('/search/')), []);
  await page.locator('.search-link').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('embeding cosine');
  await page.waitForSelector('.search-results li');
  const first = page.locator('.search-results li').first();
  tests.check('a misspelled word is found', /Embeddings/.test(await first.innerText()) ? [] : [await first.innerText()]);
  tests.check('with its part, its track and the passage', /Part 10 · Practice/.test(await first.innerText()) && (await first.locator('mark').count()) > 0 ? [] : [await first.innerText()]);
  await page.keyboard.press('ArrowDown');
  tests.same('an arrow goes to the first result', await page.evaluate(() => document.activeElement === document.querySelector('.search-results a')), true);
  await page.keyboard.press('ArrowUp');
  tests.same('and back', await page.evaluate(() => document.activeElement.type), 'search');
  await page.keyboard.press('Enter');
  tests.same('enter goes to the results', await page.evaluate(() => document.activeElement === document.querySelector('.search-results a')), true);
  await page.keyboard.press('Enter');
  await page.waitForURL(/embeddings/);
  await page.keyboard.press('Control+k');
  tests.same('it opens from the keyboard', await page.locator('dialog[open]').count(), 1);
  await page.keyboard.press('Escape');
  tests.same('and closes', await page.locator('dialog[open]').count(), 0);
  // What is typed before the script has come is searched for; where it doesn't come, the reader is told.
  let letThrough;
  const typed = new Promise((resolve) => { letThrough = resolve; });
  await page.route('**/search.*.js', async (route) => { await typed; await route.continue(); });
  await page.goto(origin + series);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('tokenizer');
  letThrough();
  await page.waitForSelector('.search-results li');
  await page.unroute('**/search.*.js');
  await page.route('**/search.*.js', (route) => route.abort());
  await page.goto(origin + part);
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => /could not be loaded/.test(document.querySelector('.search-status').textContent));
  await page.unroute('**/search.*.js');
  tests.check('a script that does not come is in the console', problems.splice(0).length > 0 ? [] : ['nothing']);
  await page.goto(`${origin}/search/?q=how%20the%20tokenizer`);
  await page.waitForSelector('.search-results li');
  const places = await page.locator('.search-results > li > a').evaluateAll((links) => links.map((link) => link.href));
  tests.same('each part is listed once', new Set(places).size, places.length);
  await page.locator('input[type=search]').first().fill('zzzzqqqq');
  await page.waitForFunction(() => /Nothing found/.test(document.querySelector('.search-status').textContent));
  tests.same('no complaint about search', problems, []);
  await context.close();
}

// The end of a line of code that is scrolled stays beside Copy.
{
  const { context, page } = await open();
  await page.goto(`${origin}/guide/growing-code/`);
  await page.waitForSelector('.copy');
  const covered = await page.locator('.code.one-line:not(:has(> figcaption))').evaluateAll((all) => all.filter((figure) =>
    figure.querySelector('pre').getBoundingClientRect().right > figure.querySelector('.copy').getBoundingClientRect().left));
  tests.same('Copy covers no line', covered.length, 0);
  tests.same('there is code of one line', await page.locator('.code.one-line:not(:has(> figcaption))').count() > 0, true);
  await context.close();
}

// Comparisons, code, contents, the decision and the quiz.
{
  const { context, page, problems } = await open();
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await page.goto(`${origin}${series}rag/`);
  await page.locator('.code .copy').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.copy').textContent === 'Copied');
  const [copied, code] = await page.evaluate(async () => [await navigator.clipboard.readText(), document.querySelector('.code pre').textContent]);
  tests.same('copy gives exactly the code', copied, code);
  const change = page.locator('.code').nth(1);
  const after = await change.locator('pre').textContent();
  await change.locator('code').evaluate((code) => code.insertAdjacentHTML('afterbegin', '<del class="line">gone\n</del>'));
  await change.locator('.copy').focus();
  await page.keyboard.press('Enter');
  await change.getByText('Copied').waitFor();
  tests.same('of a change it gives the new code', await page.evaluate(() => navigator.clipboard.readText()), after);
  const button = page.locator('.as-table').first();
  await button.click();
  const comparison = page.locator('.comparison').first();
  const cards = await comparison.locator('article.option dt').count();
  const fields = cards / (await comparison.locator('article.option').count());
  tests.same('a row for each field', await comparison.locator('tbody tr').count(), fields);
  tests.same('the cards are away', await comparison.locator('.options').isVisible(), false);
  await button.click();
  tests.same('and come back', await comparison.locator('.options').isVisible(), true);
  const heading = page.locator('.prose h2').nth(2);
  await heading.scrollIntoViewIfNeeded();
  await page.evaluate(() => document.querySelectorAll('.prose h2')[2].scrollIntoView());
  await page.waitForFunction(() => {
    const current = document.querySelector('.toc [aria-current]');
    return current && document.getElementById(decodeURIComponent(current.hash.slice(1))) === document.querySelectorAll('.prose h2')[2];
  });
  tests.same('no complaint about the aids', problems, []);
  await context.close();
}

// The contents: folded on a phone until asked for, open in the margin, where a long list follows.
{
  const { context, page } = await open({ viewport: { width: 360, height: 800 } });
  await page.goto(origin + part);
  const link = page.locator('.toc a').first();
  tests.same('the contents are folded on a phone', await link.isVisible(), false);
  await page.locator('.toc summary').focus();
  await page.keyboard.press('Enter');
  tests.same('and unfold', await link.isVisible(), true);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${origin}/guide/contract/`);
  tests.same('they are open in the margin', await link.isVisible(), true);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight * 0.7));
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector('.toc').getBoundingClientRect();
    const current = document.querySelector('.toc [aria-current]')?.getBoundingClientRect();
    return current && current.top > top && current.bottom < bottom && document.querySelector('.toc').scrollTop > 0;
  });
  await context.close();
}

// What a reference leads to is shown when it is hovered or focused, and can be hovered itself.
{
  const { context, page, problems } = await open();
  const asked = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    // The browser asks for it when it has nothing else to do.
    if (!pathname.startsWith('/favicon.')) asked.push(pathname);
  });
  await page.goto(origin + part, { waitUntil: 'networkidle' });
  const box = page.locator('.preview');
  asked.length = 0;
  await page.locator('.prose .term').first().hover();
  await box.waitFor();
  const term = await page.locator('.prose .term').first().innerText();
  tests.check('a term shows its definition', (await box.locator('dd').count()) === 1 && (await box.innerText()).toLowerCase().includes(term.toLowerCase().slice(0, 5)) ? [] : [await box.innerText()]);
  tests.same('one file is asked for', asked, [`${series}glossary/`]);
  await box.hover();
  await page.mouse.move(2, 2);
  await box.waitFor({ state: 'hidden' });
  const link = page.locator(`.prose p a[href^="${series}"]:not(.term)`).first();
  await page.keyboard.press('Tab');
  await link.focus();
  await box.waitFor();
  tests.check('a part shows its title and minutes', /^\d+\s[^]*\d+ min read$/.test((await box.innerText()).trim()) ? [] : [await box.innerText()]);
  await page.keyboard.press('Escape');
  tests.same('Escape closes it', await box.isVisible(), false);
  await page.goto(`${origin}/about/`, { waitUntil: 'networkidle' });
  asked.length = 0;
  const far = page.locator(`.prose a[href^="${series}"]`).first();
  const path = await far.getAttribute('href');
  await far.hover();
  await box.waitFor();
  tests.check('a part of a series that the page is none of shows them too', /^\d+\s[^]*\d+ min read$/.test((await box.innerText()).trim()) ? [] : [await box.innerText()]);
  tests.same('its page alone is asked for', asked, [path]);
  tests.same('no complaint about previews', problems, []);
  await context.close();
}

// A formula that is wider than a phone breaks before its relations, and is one line where there is room.
for (const [width, breaks] of [[360, true], [1280, false]]) {
  const { context, page } = await open({ viewport: { width, height: 740 } });
  await page.goto(`${origin}${series}why-ai-forgets/`);
  const formula = page.locator('.math-frame > math').first();
  await formula.scrollIntoViewIfNeeded();
  const tops = await formula.evaluate((math) => [...math.children].map((piece) => Math.round(piece.getBoundingClientRect().bottom)));
  tests.same(`a formula has more than one row at ${width}`, new Set(tops).size > 1, breaks);
  tests.same(`its frame has nothing to scroll at ${width}`, await formula.evaluate((math) => math.parentElement.scrollWidth > math.parentElement.clientWidth), false);
  await context.close();
}

// On a phone a bar at the foot of the window says where one is and opens the contents, after the first screen.
{
  const { context, page, problems } = await open({ viewport: { width: 360, height: 740 }, hasTouch: true });
  await page.goto(origin + part);
  const foot = page.locator('.foot');
  tests.same('the first screen has no bar', await foot.isVisible(), false);
  await page.evaluate(() => document.querySelectorAll('.prose h2')[2].scrollIntoView());
  await foot.waitFor();
  const heading = await page.locator('.prose h2').nth(2).evaluate((heading) => heading.firstChild.textContent.trim());
  await page.waitForFunction((heading) => document.querySelector('.foot .section').textContent === heading, heading);
  tests.check('it tells the number and how much has passed', /^12$/.test(await foot.locator('.number').innerText()) && /^[1-9][0-9]?%$/.test(await foot.locator('.passed').innerText()) ? [] : [await foot.innerText()]);
  await foot.locator('button').first().focus();
  await page.keyboard.press('Enter');
  tests.same('it opens the contents at the section', await page.evaluate(() => document.activeElement.textContent), heading);
  tests.same('with each of its lines', await foot.locator('dialog a').count(), await page.locator('.toc a').count());
  await page.keyboard.press('Escape');
  tests.same('which Escape closes', await foot.locator('dialog').isVisible(), false);
  await foot.locator('button').first().click();
  await foot.locator('dialog a').last().click();
  tests.same('and a line, which leads there', [await foot.locator('dialog').isVisible(), new URL(page.url()).hash], [false, await page.locator('.toc a').last().getAttribute('href')]);
  await page.setViewportSize({ width: 1280, height: 800 });
  tests.same('a desk has its contents beside the text', await foot.isVisible(), false);
  tests.same('no complaint about the bar', problems, []);
  await context.close();
}

// The record shows on the shelf without moving a number, and on the home page as the place to go on.
{
  const { context, page, problems } = await open();
  for (const id of ['mental-models', 'how-ai-reads']) {
    await page.goto(`${origin}${series}${id}/`);
    await page.locator('.part-tags, .next-up').first().scrollIntoViewIfNeeded();
    await page.waitForFunction((id) => Object.entries(localStorage).some(([key, value]) => key.startsWith('partwork:read:') && JSON.parse(value).read.includes(id)), id);
  }
  await page.goto(origin + series);
  await page.waitForSelector('.spine.is-last');
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const feet = await page.evaluate(() => [...document.querySelectorAll('.spine .number')].map((number) => Math.round(number.getBoundingClientRect().bottom)));
  tests.same('the numbers on the shelf stand in line', new Set(feet).size, 1);
  await page.goto(origin + '/');
  await page.waitForSelector('.reading-state');
  tests.check('the button on the home page goes on', /^Resume: /.test(await page.locator('.home-series .start a').first().innerText()) ? [] : [await page.locator('.home-series .start a').first().innerText()]);
  await page.locator('.reading-state .forget').click();
  tests.check('and begins again', /^Begin /.test(await page.locator('.home-series .start a').first().innerText()) ? [] : [await page.locator('.home-series .start a').first().innerText()]);
  tests.same('no complaint about the record', problems, []);
  await context.close();
}

// Weight of a part's first view, without formulas and with them, where names of other languages are cited and where
// much is drawn.
const weighed = [`${series}rag/`, part, `${series}transformers/`, `${series}why-ai-forgets/`];
for (const [viewport, path] of [{ width: 360, height: 800 }, { width: 1280, height: 900 }].flatMap((viewport) => weighed.map((path) => [viewport, path]))) {
  const { context, page } = await open({ viewport });
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  let script = 0;
  const kinds = new Map();
  let requests = 0;
  const faces = [];
  page.on('response', (response) => { if (response.url().endsWith('.woff2')) faces.push(response.body()); });
  const foreign = [];
  client.on('Network.responseReceived', ({ requestId, type, response }) => {
    kinds.set(requestId, type);
    requests += 1;
    if (!response.url.startsWith(origin)) foreign.push(response.url);
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes += encodedDataLength;
    if (kinds.get(requestId) === 'Script') script += encodedDataLength;
  });
  await page.goto(origin + path);
  await page.waitForLoadState('networkidle');
  const width = `${viewport.width} of ${path}`;
  const fonts = (await Promise.all(faces)).reduce((sum, body) => sum + body.length, 0);
  tests.check(`a first view at ${width} is at most 100 KB`, bytes <= 100_000 ? [] : [`${bytes} bytes`]);
  tests.check(`its fonts at ${width} are at most 60 KB`, fonts > 0 && fonts <= 60_000 ? [] : [`${fonts} bytes`]);
  tests.check(`its scripts at ${width} are at most 10 KB`, script <= 10_240 ? [] : [`${script} bytes`]);
  tests.check(`it takes at most 12 requests at ${width}`, requests <= 12 ? [] : [`${requests} requests`]);
  tests.same(`none of another origin at ${width}`, foreign, []);
  await context.close();
}

// The policy that hosts are asked for, under which all of this was looked at, names nobody else, but
// for the form to subscribe. No page holds an inline script, style or handler.
{
  const strict = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'self'"];
  const policy = (await policyOf(site)).split('; ').filter((directive) => !directive.startsWith('form-action'));
  tests.same('the policy is strict', policy, [...strict, "base-uri 'none'", "frame-ancestors 'none'"]);
}
{
  const pages = (await readdir(site, { recursive: true })).filter((file) => file.endsWith('.html'));
  const { readFile } = await import('node:fs/promises');
  const found = [];
  for (const file of pages) {
    const html = await readFile(join(site, file), 'utf8');
    for (const match of html.matchAll(/<style|<[a-z][a-z0-9]*(?:\s[^>]*)?\s(?:style|on[a-z]+)="|<script(?![^>]*\ssrc=)(?![^>]*application\/ld\+json)[^>]*>/g)) found.push(`${file}: ${match[0]}`);
  }
  tests.same(`nothing inline in ${pages.length > 0 ? 'any' : 'no'} page`, found, []);
}

/** Adds up what jumps. */
const watchShifts = () => {
  globalThis.jumps = [];
  globalThis.shifts = new PerformanceObserver((list) => globalThis.jumps.push(...list.getEntries()));
  globalThis.shifts.observe({ type: 'layout-shift', buffered: true });
};
/** How far things have jumped once all has come, fonts too, and been drawn. */
const shifted = (page) => page.evaluate(async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
  return [...globalThis.jumps, ...globalThis.shifts.takeRecords()].reduce((sum, entry) => sum + entry.value, 0);
});
// Nothing jumps on any kind of page, from the first paint until all has come; not even where the fonts
// come after it.
for (const late of [false, true]) {
  for (const width of [320, 360, 768, 1280]) {
    for (const path of paths) {
      const { context, page } = await open({ viewport: { width, height: 800 } });
      await page.addInitScript(watchShifts);
      if (late) {
        await page.route('**/*.woff2', async (route) => {
          await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
          await route.continue();
        });
      }
      await page.goto(origin + path);
      const shift = await shifted(page);
      tests.check(`nothing jumps on ${path} at ${width}${late ? ' when fonts are late' : ''}`, shift === 0 ? [] : [`shift ${shift}`]);
      await context.close();
    }
  }
}

// The face of formulas counts however late it comes: without it a root has no sign.
{
  const { context, page } = await open();
  await page.route('**/stix-two-math.*', async (route) => {
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
    await route.continue();
  });
  await page.goto(`${origin}${series}transformers/`, { waitUntil: 'networkidle' });
  const sign = await page.locator('.prose msqrt').first().evaluate(async (root) => {
    await document.fonts.ready;
    return root.getBoundingClientRect().width - root.firstElementChild.getBoundingClientRect().width;
  });
  tests.check('a root has its sign when the face of formulas is late', sign > 5 ? [] : [`${sign} px`]);
  const [letter, italic] = await page.locator('.prose p > math > mi:only-child').first().evaluate((mi) => {
    const em = document.createElement('em');
    em.textContent = mi.textContent;
    em.style.fontSize = getComputedStyle(mi).fontSize;
    mi.closest('p').append(em);
    return [mi, em].map((element) => Math.round(element.getBoundingClientRect().width));
  });
  tests.same('a letter of a formula is the italic of the text, whatever other fonts there are', letter, italic);
  await context.close();
}

// Nor on a slow line, where a page may be painted while it comes.
for (const [path, after] of [
  [part, '</nav>'],
  [part, '<select autocomplete="off" disabled>'],
  [part, '<details class="languages">'],
  [part, '</details>'],
  [part, 'data-part="finetuning-vs-prompting"></i>'],
  [series, 'data-part="transformers">'],
  ['/', 'data-part="transformers">'],
]) {
  for (const width of [320, 360, 768, 1280]) {
    const { context, page } = await open({ viewport: { width, height: 800 } });
    const halts = [];
    const slow = await host(site, { halt: {
      after,
      until: async () => {
        await page.waitForFunction(() => document.querySelector('.site-header'));
        halts.push(await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.readyState))))));
      },
    } });
    await page.addInitScript(watchShifts);
    await page.goto(slow.origin + path);
    const shift = await shifted(page);
    const name = `on a slow line that halts after ${after} of ${path} at ${width}`;
    tests.same(`a page is painted ${name}`, halts, ['loading']);
    tests.check(`nothing jumps ${name}`, shift === 0 ? [] : [`shift ${shift}`]);
    await context.close();
    slow.close();
  }
}

// Text twice as large, forced colors, text from right to left, no pictures: nothing overflows.
for (const path of paths) {
  for (const [name, options, change] of [
    ['text of 200 %', {}, () => { document.documentElement.style.fontSize = '200%'; }],
    ['right to left', {}, () => { document.documentElement.dir = 'rtl'; }],
    ['forced colors', { forcedColors: 'active' }, () => {}],
    ['no pictures', {}, () => { for (const image of document.images) image.removeAttribute('src'); }],
    ['long words', {}, () => { for (const title of document.querySelectorAll('h1, h2, h3, .title, .option h3, .option h4')) title.append('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'); }],
  ]) {
    const { context, page } = await open({ ...options, viewport: { width: 320, height: 800 } });
    await page.goto(origin + path);
    await page.evaluate(change);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      tests.check(`${name} on ${path} at ${width}`, await overflow(page));
    }
    await context.close();
  }
}

// A walk with the keyboard: every stop shows where it is and lies in view. No letter or arrow alone
// does anything.
for (const path of ['/', series, part, `${series}comparisons/`, '/search/']) {
  const { context, page } = await open();
  await page.goto(origin + path);
  const stops = new Set();
  const unseen = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      return { at: [...document.querySelectorAll('*')].indexOf(element), name: `${element.tagName} ${element.textContent.trim().slice(0, 40)}`, shown: seen && (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) };
    });
    if (!stop || stops.has(stop.at)) break;
    stops.add(stop.at);
    if (!stop.shown) unseen.push(stop.name);
  }
  tests.check(`each of the ${stops.size > 8 ? 'many' : stops.size} stops on ${path} is seen`, stops.size > 8 ? unseen : ['hardly any stop']);
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
  const before = page.url();
  for (const key of [...'abcdefghijklmnopqrstuvwxyz/?', 'ArrowLeft', 'ArrowRight']) await page.keyboard.press(key);
  tests.same(`no key alone does anything on ${path}`, [page.url(), await page.locator('dialog[open]').count()], [before, 0]);
  await context.close();
}

await browser.close();
close();
tests.finish();
