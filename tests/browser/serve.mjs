// Edits a project under `partwork serve` and looks at what open pages show, in Chromium.
// `node tests/browser/serve.mjs PARTWORK [--large] [--measure]`; with `--large` on a site of which what is looked at is
// shown before the rest. `--measure` prints as well how long it takes on this repository's own site from a save until
// the page is drawn.
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const partwork = resolve(process.argv[2] ?? 'target/debug/partwork');
const measures = process.argv.includes('--measure');
const isLarge = process.argv.includes('--large');
const root = await mkdtemp(join(tmpdir(), 'partwork-serve-'));
const write = async (path, text) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};
// As most editors save: a whole file is moved over the old one.
const save = async (path, text) => {
  const folder = dirname(join(root, path));
  await writeFile(join(folder, '.#save.tmp'), text);
  await rename(join(folder, '.#save.tmp'), join(root, path));
};
const part = (id, text) => `+++\ntitle = "Part ${id}"\ndescription = "About ${id}."\ndate = 2025-01-01\n+++\n${text}\n`;
const long = Array.from({ length: 80 }, (_, at) => `Paragraph ${at}.`).join('\n\n');
const config = 'base_url = "https://example.org/sub/"\ntitle = "Test"\n';
const plan = (ids) => `title = "Guide"\ndescription = "A guide."\nparts = [${ids.map((id) => `"${id}"`).join(', ')}]\n`;
const style = (color) => `body { background: ${color}; margin: 0 }\n`;

await write('partwork.toml', config);
await write('content/about.md', part('about', `Old words.\n\n${long}`));
await write('content/guide/series.toml', plan(['one', 'two']));
await write('content/guide/one.md', part('one', '![Pixels](one/a.svg)'));
await write('content/guide/one/a.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
await write('content/guide/two.md', part('two', 'Second.'));
await write('static/theme.css', style('rgb(1, 2, 3)'));
for (let at = 0; isLarge && at < 1100; at += 1) await write(`static/files/${at}.txt`, 'x');
const git = (...args) => execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-C', root, ...args], { stdio: 'pipe' });

const environment = { ...process.env, PARTWORK_CACHE: join(root, '.cache'), PARTWORK_EDITOR: 'vscode', SOURCE_DATE_EPOCH: '1767225600' };
const start = async (...args) => {
  const child = spawn(partwork, ['serve', '--root', root, ...args], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('serving ')) {
      // Whoever stops reading a pipe ends what writes to it.
      child.stdout.resume();
      return { child, url: line.slice('serving '.length) };
    }
  }
  throw new Error('the server did not start');
};
const stop = (child) => new Promise((resolve) => {
  child.on('exit', (status) => resolve(status));
  child.kill('SIGTERM');
});

let server = await start('--port', '0');
process.on('exit', () => server.child.kill());
const { port } = new URL(server.url);
// The state once a build is over; one under way is never long.
const state = async () => {
  for (;;) {
    const found = await (await fetch(new URL('/.partwork/state', server.url))).json();
    if (!found.first) return found;
  }
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1000, height: 600 } });
const complaints = [];
const open = async (path) => {
  const page = await context.newPage();
  page.on('console', (message) => {
    // A page that is gone, and a server that is, are what some of the checks are about. A connection that is reset
    // before the browser has looked at it is one that is not connected.
    const expected = /status of (404|503)|ERR_(CONNECTION|SOCKET_NOT_CONNECTED|INCOMPLETE|EMPTY)/;
    if (message.type() === 'error' && !expected.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(new URL(path, server.url).href);
  return page;
};
const shows = (page, words) => page.getByText(words).first().waitFor({ timeout: 10_000 });
const background = (page, color) => page.waitForFunction((color) => getComputedStyle(document.body).backgroundColor === color, color, { timeout: 10_000 });
// The client knows the page that it may have to edit.
const ready = (page) => page.waitForFunction(() => performance.getEntriesByType('resource')
  .some((entry) => entry.initiatorType === 'fetch' && entry.name === location.href && entry.responseEnd > 0));
// The page shows the last version of the site: of a large one it has loaded its first pages before the rest was made.
const atRest = async (page) => {
  const { version } = await state();
  await page.waitForFunction((version) => Number(document.querySelector('script[data-session]')?.dataset.version) === version, version);
  await ready(page);
};
const overlay = (page) => page.locator('partwork-overlay section');

let passed = 0;
const failures = [];
const check = (name, good, found = '') => {
  if (good) passed += 1;
  else failures.push(`${name} ${found}`);
};
// Runs a change and its checks; says when it did not come to pass.
const scene = async (name, act) => {
  try {
    // Of a large site some pages come first, and what follows them is of the scene before.
    await state();
    await act();
    passed += 1;
  } catch (error) {
    failures.push(`${name}: ${error.message}`);
  }
};
// A change that has to be one build, whatever it is made of.
const inOneBuild = async (name, change, shown) => {
  const before = (await state()).builds;
  await change();
  await shown();
  const { builds } = await state();
  check(`${name} is one build`, builds === before + 1, `and was ${builds - before}`);
};

const about = await open('about/');
const second = await open('about/');

await scene('the site begins below its base path', async () => {
  check('the address that is printed has the path', server.url.endsWith('/sub/'), server.url);
  const page = await open('/');
  check('the root leads there', page.url() === server.url, page.url());
  await page.close();
});

await scene('an edit shows in two tabs, and the place in the page stays', async () => {
  await about.evaluate(() => scrollTo(0, 900));
  await inOneBuild('an atomic save', () => save('content/about.md', part('about', `New words.\n\n${long}`)), async () => {
    await shows(about, 'New words.');
    await shows(second, 'New words.');
  });
  await about.waitForFunction(() => scrollY === 900, null, { timeout: 5_000 });
});

await scene('plain words change where they stand', async () => {
  const mark = (page) => page.evaluate(() => { globalThis.mark = true; });
  const isMarked = (page) => page.evaluate(() => globalThis.mark === true);
  // What a page shows is what it would show if it were loaded anew.
  const isFresh = async (name) => {
    await atRest(about);
    const fresh = await open('about/');
    const [shown, anew] = await Promise.all([about, fresh].map((page) => page.locator('main').innerHTML()));
    check(`${name} shows what a new tab does`, shown === anew, `${shown}\nand not\n${anew}`);
    await fresh.close();
  };
  const kept = async (name, text, words) => {
    await atRest(about);
    await mark(about);
    await save('content/about.md', part('about', text));
    await shows(about, words);
    await isFresh(name);
    check(`${name} needs no reload`, await isMarked(about));
  };
  const anew = async (name, text, words) => {
    await atRest(about);
    await mark(about);
    await save('content/about.md', part('about', text));
    await shows(about, words);
    await about.waitForFunction(() => globalThis.mark === undefined, null, { timeout: 5_000 });
    await isFresh(name);
  };
  const list = '- one\n- two\n';
  await anew('a list in place of paragraphs, and code', `First.\n\n${list}\n\`\`\`sh\nls\n\`\`\`\n\n${long}`, 'First.');
  const code = '```sh\nls\n```\n';
  await kept('an edited paragraph', `Second, with [a link](guide/one.md) and *stress*.\n\n${list}\n${code}\n${long}`, 'Second, with');
  await kept('a longer list', `Third.\n\n${list}- three, **strong**\n  - inner\n\n${code}\n${long}`, 'three, strong');
  await kept('a paragraph less and two more', `Fourth.\n\nFifth.\n\nSixth.\n\n${list}\n${code}\n${long}`, 'Sixth.');
  await kept('a formula', `Fourth, $a_1 < b^2$.\n\nSixth.\n\n${list}\n${code}\n${long}`, 'Fourth, ');
  await anew('a new heading', `## Heading\n\nSeventh.\n\n${list}\n${code}\n${long}`, 'Seventh.');
  await anew('edited code', `## Heading\n\nEighth.\n\n${list}\n${code.replace('ls', 'ls -l')}\n${long}`, 'ls -l');
  await anew('an image', `## Heading\n\nNinth.\n\n![Pixels](guide/one/a.svg)\n\n${list}\n${code}\n${long}`, 'Ninth.');
  await atRest(about);
  await about.evaluate(() => document.querySelector('.prose').append(document.createElement('progress')));
  await mark(about);
  await save('content/about.md', part('about', `## Heading\n\nNinth.\n\n![Pixels](guide/one/a.svg)\n\n${list}\n${code}\n${long}\n\nThe end.`));
  await shows(about, 'The end.');
  await atRest(about);
  check('what a script has added is left alone', await about.evaluate(() => globalThis.mark && document.querySelector('.prose').lastElementChild.localName === 'progress'));
  await about.evaluate(() => { document.querySelector('.prose p').append(' A script was here.'); });
  await anew('what a script has touched', `## Heading\n\nTenth.\n\n![Pixels](guide/one/a.svg)\n\n${list}\n${code}\n${long}`, 'Tenth.');
  await atRest(about);
  await mark(about);
  await write('content/guide/one/a.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="10"/>');
  await about.waitForFunction(() => document.querySelector('.prose img')?.naturalWidth === 30);
  await atRest(about);
  check('an image that the page shows loads it anew', !(await isMarked(about)));
  await atRest(second);
  await mark(second);
  await save('content/guide/two.md', part('two', 'Words of another page.'));
  await save('content/about.md', part('about', `Last words.\n\n${long}`));
  await shows(second, 'Last words.');
});

await scene('styles swap without a reload', async () => {
  // Where a browser puts a page that it has loaded anew is its own affair: what came in above counts.
  await shows(about, 'Last words.');
  await atRest(about);
  await about.evaluate(() => scrollTo(0, 900));
  await atRest(second);
  for (const page of [about, second]) await page.evaluate(() => { globalThis.mark = true; });
  await inOneBuild('a save in place', () => write('static/theme.css', style('rgb(4, 5, 6)')), async () => {
    await background(about, 'rgb(4, 5, 6)');
    await background(second, 'rgb(4, 5, 6)');
  });
  check('the page was not loaded anew', await about.evaluate(() => globalThis.mark && scrollY === 900));
  await about.waitForFunction(() => document.querySelectorAll('link[rel=stylesheet]').length === 1);
  await save('static/theme.css', style('rgb(7, 8, 9)'));
  await background(about, 'rgb(7, 8, 9)');
  check('nor the second time', await about.evaluate(() => globalThis.mark));
  await save('content/about.md', part('about', `After styles.\n\n${long}`));
  await shows(about, 'After styles.');
  await atRest(about);
});

await scene('a mistake lies over the last good page until it is mended', async () => {
  await save('content/about.md', part('about', `Broken <b>words</b>.\n\n[a link](nowhere.md)\n\n${long}`));
  await overlay(about).waitFor();
  await overlay(second).waitFor();
  const text = await overlay(about).innerText();
  check('it shows the source line', text.includes('[a link](nowhere.md)') && text.includes('^'), text);
  check('it names the place', text.includes('content/about.md:8:10'), text);
  check('below is the last good page', await about.locator('.prose').getByText('After styles.').isVisible());
  const link = await overlay(about).locator('a').getAttribute('href');
  check('it opens the editor there', link === `vscode://file${root}/content/about.md:8:10`, link);
  const loud = await overlay(about).evaluate((box) => getComputedStyle(box).position === 'fixed' && box.clientHeight > 50);
  check('it has its style', loud);
  await about.keyboard.press('Escape');
  check('it can be put away', (await overlay(about).count()) === 0);
  const fresh = await open('about/');
  await overlay(fresh).waitFor();
  await fresh.close();
  await save('content/about.md', part('about', `Broken again.\n\n[a link](nobody.md)\n\n${long}`));
  await overlay(about).getByText('nobody.md').first().waitFor();
  await save('content/about.md', part('about', `Mended words.\n\n${long}`));
  await shows(about, 'Mended words.');
  await overlay(about).waitFor({ state: 'detached' });
  await overlay(second).waitFor({ state: 'detached' });
});

await scene('a mistake that is undone goes without a reload', async () => {
  await atRest(about);
  await about.evaluate(() => { globalThis.mark = true; });
  await save('content/guide/two.md', 'no front matter');
  await overlay(about).waitFor();
  await save('content/guide/two.md', part('two', 'Second.'));
  await overlay(about).waitFor({ state: 'detached' });
  check('the page was not loaded anew', await about.evaluate(() => globalThis.mark));
});

await scene('a source is no HTML', async () => {
  const attack = '<img src=x onerror="globalThis.hit = 1"><script>globalThis.hit = 1</script>';
  await save('content/about.md', part('about', `${attack} [x](<${attack}.md>)`));
  await overlay(about).waitFor();
  check('nothing of it runs', await about.evaluate(() => globalThis.hit === undefined));
  check('nothing of it is an element', (await overlay(about).locator('img, script').count()) === 0);
  await save('content/about.md', part('about', `Calm words.\n\n${long}`));
  await shows(about, 'Calm words.');
});

await scene('what editors leave behind is no change', async () => {
  const before = (await state()).builds;
  for (const name of ['.about.md.swp', 'about.md~', '4913', '#about.md#', 'x.tmp']) await write(`content/${name}`, 'x');
  await write('public/index.html', 'x');
  await write('.cache/x', 'x');
  await write('notes.txt', 'x');
  await inOneBuild('the save after them', () => save('content/about.md', part('about', `Saved after.\n\n${long}`)), () => shows(about, 'Saved after.'));
  const { builds } = await state();
  check('they were not built', builds === before + 1, `${builds - before}`);
  for (const name of ['about.md~', '4913', '#about.md#', 'x.tmp']) await rm(join(root, 'content', name));
});

await scene('a folder is renamed', async () => {
  const page = await open('guide/one/');
  await shows(page, 'Part one');
  await inOneBuild('the rename', () => rename(join(root, 'content/guide'), join(root, 'content/handbook')), () => shows(page, 'Page not found'));
  await page.goto(new URL('handbook/one/', server.url).href);
  await shows(page, 'Part one');
  // The folder is watched under its new name.
  await save('content/handbook/one.md', part('one', 'Renamed and edited.'));
  await shows(page, 'Renamed and edited.');
  await rename(join(root, 'content/handbook'), join(root, 'content/guide'));
  await save('content/guide/one.md', part('one', '![Pixels](one/a.svg)'));
  // Else the page would load itself anew while it is led elsewhere.
  await shows(page, 'Page not found');
  await state();
  await page.goto(new URL('guide/one/', server.url).href);
  await page.waitForFunction(() => document.querySelector('.prose img')?.naturalWidth > 0);
  await page.close();
});

await scene('another branch is checked out, and back', async () => {
  const ids = Array.from({ length: 300 }, (_, at) => `part-${at}`);
  await writeFile(join(root, '.gitignore'), 'public\n.cache\n');
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'one');
  await inOneBuild('a new series', async () => {
    git('checkout', '-q', '-b', 'many');
    // As many files as a branch brings come at once.
    const staging = join(root, '.new');
    await mkdir(staging);
    await writeFile(join(staging, 'series.toml'), plan(ids).replaceAll('uide', 'uide of many'));
    await Promise.all(ids.map((id) => writeFile(join(staging, `${id}.md`), part(id, 'One of many.'))));
    await rename(staging, join(root, 'content/many'));
  }, async () => {
    while (!(await fetch(new URL('many/part-299/', server.url))).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  await save('content/about.md', part('about', `Words of many.\n\n${long}`));
  await shows(about, 'Words of many.');
  git('add', '-A');
  git('commit', '-qm', 'many');
  await inOneBuild('a checkout that removes 300 files', () => git('checkout', '-q', 'main'), () => shows(about, 'Saved after.'));
  await inOneBuild('a checkout that brings 300 files', () => git('checkout', '-q', 'many'), () => shows(about, 'Words of many.'));
  const page = await open('many/part-7/');
  await shows(page, 'One of many.');
  await save('content/many/part-7.md', part('part-7', 'The seventh was edited.'));
  await shows(page, 'The seventh was edited.');
  git('checkout', '-q', '-f', 'main');
  await shows(page, 'Page not found');
  await page.close();
});

await scene('folders that come later are watched', async () => {
  await save('content/about.md', part('about', `Before templates.\n\n${long}`));
  await shows(about, 'Before templates.');
  await write('templates/page.html', '{% extends "base.html" %}{% block content %}<p>My own template</p>{% endblock content %}');
  await shows(about, 'My own template');
  await write('templates/page.html', '{% extends "base.html" %}{% block content %}<p>Edited template</p>{% endblock content %}');
  await shows(about, 'Edited template');
  await rm(join(root, 'templates'), { recursive: true });
  await shows(about, 'Before templates.');
});

await scene('more tabs than a browser has connections', async () => {
  const tabs = [];
  for (let at = 0; at < 8; at += 1) tabs.push(await open('about/'));
  await save('content/about.md', part('about', `Words for ten tabs.\n\n${long}`));
  for (const page of [about, second, ...tabs]) await shows(page, 'Words for ten tabs.');
  for (const page of tabs) await page.close();
});

await scene('the title and the base path change with the configuration', async () => {
  await save('partwork.toml', config.replace('Test', 'Another title'));
  await about.waitForFunction(() => document.title.includes('Another title'));
  await save('partwork.toml', 'title = ');
  await overlay(about).waitFor();
  await save('partwork.toml', config);
  await about.waitForFunction(() => document.title.includes('Test'));
});

await scene('a page that gets no answer waits for one', async () => {
  const page = await open('about/');
  await atRest(page);
  await page.route('**/about/', (route) => route.abort('connectionrefused'));
  const asked = page.waitForEvent('requestfailed', (request) => request.method() === 'HEAD');
  await save('content/about.md', part('about', `Written while nothing came through.\n\n${long}`));
  await asked;
  await page.unroute('**/about/');
  await shows(page, 'Written while nothing came through.');
});

await scene('a server that comes back shows its own site', async () => {
  // A page that is being loaded while the server ends is an error of the browser's; this one is at rest.
  const page = await open('about/');
  await atRest(page);
  check('SIGTERM ends it well', (await stop(server.child)) === 0);
  await save('content/about.md', part('about', `Written while it was down.\n\n${long}`));
  server = await start('--port', port);
  await shows(page, 'Written while it was down.');
});

await scene('a site that can not be built yet', async () => {
  await stop(server.child);
  await save('partwork.toml', 'title = "x"\n');
  server = await start('--port', port);
  const page = await open('/');
  await overlay(page).getByText('base_url').first().waitFor();
  await save('partwork.toml', config);
  await shows(page, 'Test');
  await overlay(page).waitFor({ state: 'detached' });
  check('it moves on to the base path', new URL(page.url()).pathname === '/sub/', page.url());
});

await scene('nothing of the preview is in the built site', async () => {
  execFileSync(partwork, ['build', '-q', '--root', root, '--output', join(root, 'out')], { env: environment });
  const html = await readFile(join(root, 'out/about/index.html'), 'utf8');
  check('no client', !html.includes('.partwork') && !html.includes('127.0.0.1'), html);
});

if (measures) {
  await stop(server.child);
  const own = fileURLToPath(new URL('../../', import.meta.url));
  await rm(root, { recursive: true });
  for (const name of ['partwork.toml', 'content', 'static', 'templates']) await cp(join(own, name), join(root, name), { recursive: true });
  server = await start('--port', '0');
  await context.addInitScript(() => {
    // The frame after the next is the one in which the next has been drawn.
    const changed = () => requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.drawn = Date.now(); }));
    addEventListener('DOMContentLoaded', () => {
      changed();
      new MutationObserver(changed).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  });
  const page = await open('ai-demystified/rag/');
  const source = join(root, 'content/ai-demystified/rag.md');
  const text = await readFile(source, 'utf8');
  const measure = async (name, words) => {
    const times = [];
    for (let at = 0; at < 30; at += 1) {
      await ready(page);
      await page.evaluate(() => { globalThis.drawn = null; });
      const began = Date.now();
      await writeFile(source, text + words(at));
      await shows(page, `Measured ${at}.`);
      times.push(await (await page.waitForFunction(() => globalThis.drawn)).jsonValue() - began);
    }
    times.sort((a, b) => a - b);
    console.log(`from save to drawn, ${name}: median ${times[15]} ms, 90 % ${times[27]} ms, worst ${times[29]} ms`);
  };
  await measure('words', (at) => `\nMeasured ${at}.\n`);
  await measure('a heading', (at) => `\n## Heading ${at}\n\nMeasured ${at}.\n`);
}

check('the pages have no complaints', complaints.length === 0, complaints.join('\n'));
await browser.close();
await stop(server.child);
await rm(root, { recursive: true });
if (failures.length) console.error(failures.join('\n'));
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length ? 1 : 0;
