// Looks at sites that this repository's own is not: from right to left, under a base path, with long
// names, a form of a service and a frame for discussion. `node tests/browser/projects.mjs PARTWORK`.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { checks, host, launch, opener } from './lib.mjs';

const partwork = resolve(process.argv[2] ?? 'target/debug/partwork');
const folder = await mkdtemp(join(tmpdir(), 'partwork-projects-'));
const tests = checks();
const base = '/deep/base/';

/** Writes a project and builds it below the base path of a folder, which is returned. */
async function built(name, files) {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const environment = { ...process.env, PARTWORK_CACHE: join(folder, 'cache'), SOURCE_DATE_EPOCH: '1767225600' };
  const output = join(folder, `${name}-site`);
  execFileSync(partwork, ['build', '--quiet', '--root', root, '--output', join(output, base)], { env: environment, stdio: ['ignore', 'inherit', 'pipe'] });
  // The host's policy is that of the site.
  await writeFile(join(output, '_headers'), await readFile(join(output, base, '_headers')));
  return output;
}

/** A PNG that no packing makes small. */
function widePng(width, height) {
  const rows = Buffer.from(Array.from({ length: height }, (_, y) => [0, ...Array.from({ length: width }, (_, x) => (x * y * 7919 + x * 104729) % 251)]).flat());
  const chunk = (kind, data) => {
    const named = Buffer.concat([Buffer.from(kind), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([size, named, sum]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

const word = 'الكهروميكانيكيةالديناميكيةالحراريةالمتناهيةالطول';
const part = (title, text, more = '') => `+++\ntitle = "${title}"\ndescription = "وصف قصير لهذا الجزء من السلسلة."\ndate = 2025-01-01\ntags = ["${word}"]\n${more}+++\n${text}\n`;
const comparison = (title, options, fields) => [
  '```comparison', `title = "${title}"`, 'tagline = "كيف تختار"', 'lead = "سطر يقود إلى البطاقات."', 'rule = "ابدأ بالأرخص."',
  '[fields]', ...Array.from({ length: fields }, (_, at) => `f${at} = "حقل ${at}"`), 'effort = { label = "جهد", scale = ["قليل", "وسط", "كثير"] }',
  ...Array.from({ length: options }, (_, option) => ['[[options]]', `name = "خيار ${option} ${option ? '' : word}"`, ...Array.from({ length: fields }, (_, at) => `f${at} = "قيمة ${at} مع كلمات"`), 'effort = "وسط"'].join('\n')),
  '```',
].join('\n');
const rich = `نص عربي مع \`code\` وحاشية.[^1] ${word}

> [!WARNING]
> تحذير مع $a^2 + b^2$.

\`\`\`python title="eval.py" lines="2" start=10
def f(x):
    return x * 2  # ${'long '.repeat(40)}
\`\`\`

| عمود | رقم | ${word} |
|---|--:|---|
| أ | 1 111 | ${word} |

$$\\sum_{i=0}^{n} x_i^2 + y_i^2 + z_i^2 + x_i^2 + y_i^2 + z_i^2 + x_i^2 + y_i^2 + z_i^2 = 1$$

${comparison('بطاقتان', 2, 1)}

${comparison('خمس بطاقات', 5, 7)}

\`\`\`decision
title = "أيها؟"
start = "a"
[questions.a]
ask = "هل ${word}؟"
yes = "x"
no = "y"
[outcomes.x]
title = "الأول"
text = "نص."
[outcomes.y]
title = "${word}"
text = "نص."
\`\`\`

\`\`\`quiz
[[questions]]
ask = "سؤال؟"
choices = ["واحد", "${word}"]
answer = 1
why = "لأن."
\`\`\`

## عنوان ${word}

### عنوان أصغر

## عنوان آخر

## ثالث

[^1]: حاشية مع <https://example.net/${'a'.repeat(90)}>.
`;
const many = Array.from({ length: 24 }, (_, at) => `{ id = "soon-${at}", title = "${at % 5 ? 'جزء قادم' : word} ${at}" }`).join(', ');
const arabic = await built('arabic', {
  'partwork.toml': `base_url = "https://books.example.net${base}"\ntitle = "كتب تصدر أجزاء"\nlanguage = "ar"\n[[authors]]\nid = "a"\nname = "${word}"\n[newsletter]\nservice = "buttondown"\nusername = "someone"\npromise = "رسالة لكل جزء."\n[discussion]\nkind = "giscus"\nrepo = "a/b"\nrepo_id = "R_1"\ncategory = "General"\ncategory_id = "C_1"\n`,
  'content/about.md': `+++\ntitle = "عن الموقع"\ndescription = "صفحة."\n+++\n${rich}`,
  'content/s/series.toml': `title = "${word}"\ndescription = "سلسلة طويلة."\nauthors = ["a"]\n[[tracks]]\ntitle = "${word}"\ndescription = "مسار."\nparts = ["one", "two"]\n[[tracks]]\ntitle = "لاحقا"\nparts = [${many}]\n`,
  'content/s/one.md': part(`الأول — ${word}`, rich, 'teaches = ["term"]\n'),
  'content/s/two.md': part('الثاني', 'نص عن مصطلح. [#](one.md) كما في [@near; @far].\n\n```table\nid = "prices"\ncaption = "أسعار"\ndata = "prices.csv"\n```', 'needs = ["term"]\nwas = ["old/zwei"]\n'),
  'content/s/glossary.toml': `[terms.term]\nname = "مصطلح"\ndefinition = "معناه ${word}."\n`,
  'content/s/prices.csv': 'بند,سعر\nقهوة,3.5\nشاي,12.25\n',
  'content/s/sources.bib': `@book{near, author={عمر، أحمد}, title={مدخل}, year={2020}}\n@book{far, author={Kaiser, Łukasz}, title={An introduction to models that are read for a long time}, year={2017}}\n`,
  'content/bare/series.toml': 'title = "سلسلة بلا مسارات"\ndescription = "سلسلة."\nfirst_number = 0\nparts = ["only"]\n',
  'content/bare/only.md': part('الوحيد', 'نص.'),
});

const { origin, close } = await host(arabic);
const browser = await launch();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const paths = ['', 's/', 's/one/', 's/two/', 's/comparisons/', 's/glossary/', 's/sources/', 's/print/', 'bare/', 'bare/only/', 'tags/', 'search/', 'about/', '404.html'];
const widths = [320, 360, 768, 1280, 1920];
const open = opener(browser);

// From right to left, with words that don't break and tracks of a long name.
for (const colorScheme of ['light', 'dark']) {
  const { context, page, problems } = await open({ colorScheme });
  for (const path of paths) {
    await page.goto(origin + base + path);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      tests.check(`${path} fits ${width} ${colorScheme}`, wide > 0 ? [`${wide}px too wide`] : []);
      if (process.argv[3] === '--screenshots') await page.screenshot({ path: join(process.argv[4], `arabic-${path.replaceAll('/', '-')}${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  tests.same(`no complaint in ${colorScheme}`, problems, []);
  await context.close();
}
for (const colorScheme of ['light', 'dark']) {
  const { context, page } = await open({ colorScheme, bypassCSP: true });
  for (const path of paths) {
    await page.goto(origin + base + path);
    await page.evaluate(axe);
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }));
      tests.check(`axe ${path} ${width} ${colorScheme}`, found.violations.map((v) => `${v.id}: ${v.help} (${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')})`));
    }
  }
  await context.close();
}
{
  const { context, page } = await open();
  await page.goto(`${origin}${base}s/`);
  const [first, second] = await page.locator('.spine').evaluateAll((spines) => spines.slice(0, 2).map((spine) => spine.getBoundingClientRect().left));
  tests.check('the shelf fills from the right', first > second ? [] : [`${first} and ${second}`]);
  await page.goto(`${origin}${base}s/one/`);
  const direction = (selector) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).direction);
  tests.same('words run from right to left', await direction('.prose > p'), 'rtl');
  for (const selector of ['.code pre', 'p > code', 'p > math', '.math-frame math']) tests.same(`${selector} stays from left to right`, await direction(selector), 'ltr');
  const style = (selector, name) => page.locator(selector).first().evaluate((element, name) => getComputedStyle(element)[name], name);
  tests.same('joined letters stay joined', await style('h1', 'letterSpacing'), 'normal');
  tests.same('choices have Arabic letters', await style('.choices', 'listStyleType'), 'pw-arabic');
  await page.goto(`${origin}${base}s/two/`);
  tests.same('each source runs as its letters do', await page.locator('.sources li').evaluateAll((lines) => lines.map((line) => getComputedStyle(line).direction).sort()), ['ltr', 'rtl']);
  tests.same('numbers stand below each other', await style('td.right', 'textAlign'), 'right');
  const beside = await page.locator('.note.source').evaluateAll((notes) => new Set(notes.map((note) => note.getBoundingClientRect().left)).size);
  tests.same('notes of both directions stand in one margin', beside, 1);
  await page.goto(`${origin}${base}s/one/`);
  // A fallback that was measured for Latin leaves other letters their size.
  const sizes = await page.evaluate(() => ['Archivo DejaVu', 'DejaVu Sans'].map((face) => {
    const measure = document.createElement('canvas').getContext('2d');
    measure.font = `100px "${face}", "DejaVu Sans"`;
    return measure.measureText('سلسلة').width;
  }));
  tests.same('Arabic keeps its size', sizes[0], sizes[1]);
  await context.close();
}

// What scripts say and how letters stand, in languages that do it otherwise.
for (const [language, wanted] of Object.entries({
  bn: { read: '২টির মধ্যে ১টি পড়া হয়েছে', letters: 'pw-bengali', stress: 'normal none', found: '৪০টি অংশ পাওয়া গেছে; সবচেয়ে ভালো ৩০টি এখানে' },
  hi: { read: '2 में से 1 पढ़ लिए', letters: 'pw-devanagari', stress: 'normal none', found: '40 अंश मिले; सबसे अच्छे 30 ये हैं' },
  ja: { read: '全2回のうち1回を読了', letters: 'katakana', stress: 'normal sesame', found: '40か所見つかりました（上位30か所を表示）' },
  'zh-Hans': { read: '已读1篇\uff0c共2篇', letters: 'upper-latin', stress: 'normal dot', found: '找到40处\uff0c显示最相关的30处' },
  'pt-BR': { read: '1 de 2 já lidos', letters: 'lower-alpha', stress: 'italic none', found: '40 trechos encontrados; estes são os 30 melhores' },
})) {
  const small = await built(`small-${language}`, {
    'partwork.toml': `base_url = "https://books.example.net${base}"\ntitle = "Site"\nlanguage = "${language}"\n[cards]\nenabled = false\n`,
    'content/s/series.toml': 'title = "Series"\ndescription = "A series."\nparts = ["one", "two"]\n',
    'content/s/one.md': part('One', '*Stressed* words.\n\n```quiz\n[[questions]]\nask = "?"\nchoices = ["a", "b"]\nanswer = 1\n```'),
    'content/s/two.md': part('Two', Array.from({ length: 39 }, (_, at) => `## ${at}\n\nWords.`).join('\n\n')),
  });
  const served = await host(small);
  const { context, page, problems } = await open();
  await page.goto(`${served.origin}${base}s/one/`);
  const style = (selector, ...names) => page.locator(selector).first().evaluate((element, names) => names.map((name) => getComputedStyle(element)[name]).join(' '), names);
  tests.same(`${language}: letters of choices`, await style('.choices', 'listStyleType'), wanted.letters);
  tests.same(`${language}: stress`, (await style('.prose em', 'fontStyle', 'textEmphasisStyle')).replace('filled ', ''), wanted.stress);
  // A second visit tells what was read in the first.
  await page.evaluate((base) => localStorage.setItem(`partwork:read:${base}:s`, JSON.stringify({ read: ['one'], last: 'one', visits: 2, known: ['one', 'two'], before: ['one', 'two'] })), base);
  await page.goto(`${served.origin}${base}s/`);
  tests.same(`${language}: what was read`, await page.locator('.reading-state .tally').textContent(), wanted.read);
  await page.goto(`${served.origin}${base}search/?q=Words`);
  await page.locator('.search-results li').first().waitFor();
  tests.same(`${language}: what was found`, await page.locator('.search-status').textContent(), wanted.found);
  tests.same(`no complaint in ${language}`, problems, []);
  await context.close();
  served.close();
}

// Wide pictures and sketches: what a phone loads, what a click shows, and what stands where no script runs.
{
  const still = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="80"/>';
  const sketch = (name) => `\`\`\`sketch\nsrc = "one/${name}.js"\nstill = "one/still.svg"\nalt = "${name}"\n\`\`\``;
  const words = Array.from({ length: 60 }, (_, at) => `Paragraph ${at} of many.`).join('\n\n');
  const rows = Array.from({ length: 40 }, (_, at) => `["${at}", "words"],`).join('\n');
  const long = `\`\`\`table\nid = "long"\nhead = ["a", "b"]\nrows = [\n${rows}\n]\n\`\`\``;
  const media = await built('media', {
    'partwork.toml': `base_url = "https://books.example.net${base}"\ntitle = "Site"\n[cards]\nenabled = false\n`,
    'content/s/series.toml': 'title = "Series"\ndescription = "A series."\nparts = ["one"]\n',
    'content/s/one.md': part('One', `![Wide](one/wide.png)\n\n\`\`\`figure\nsrc = "one/wide.png"\nalt = "The same"\ncaption = "Words"\n\`\`\`\n\n${sketch('throws')}\n\n${words}\n\n${sketch('draws')}\n\n${long}`),
    'content/s/one/still.svg': still,
    'content/s/one/throws.js': 'export default () => { throw new Error("as it should"); };',
    'content/s/one/draws.js': 'export default (element, { colors, dark }) => { element.textContent = `${dark} ${colors.ink}`; return () => { globalThis.stopped = true; }; };',
    'content/s/one/wide.png': widePng(1400, 60),
  });
  const served = await host(media);
  const at = `${served.origin}${base}s/one/`;
  const { context, page, problems } = await open({ viewport: { width: 360, height: 800 }, colorScheme: 'light' });
  await page.goto(at);
  const picture = page.locator('.large img').first();
  await picture.evaluate((image) => image.decode());
  tests.same('a phone loads a narrow picture', /pw-pictures\/wide-320\./.test(await picture.evaluate((image) => image.currentSrc)), true);
  tests.same('as wide as the text', await picture.evaluate((image) => [image.offsetWidth, image.loading, image.fetchPriority]), [320, 'auto', 'high']);
  await page.locator('a.large').nth(1).focus();
  await page.keyboard.press('Enter');
  const dialog = page.locator('dialog.large-picture');
  tests.same('a key shows it whole', await dialog.locator('img').evaluate((image) => new URL(image.src).pathname), `${base}s/one/wide.png`);
  await page.keyboard.press('Escape');
  tests.same('and another goes back', [await dialog.isVisible(), await page.evaluate(() => document.activeElement.matches('a.large'))], [false, true]);
  const stages = page.locator('.sketch .stage');
  tests.same('one that throws keeps its still', [await stages.count(), await page.locator('.sketch img').first().isVisible()], [0, true]);
  await page.locator('.sketch').nth(1).scrollIntoViewIfNeeded();
  await stages.first().waitFor();
  tests.same('one that draws has its place', [(await stages.textContent()).split(' ')[0], await page.locator('.sketch img').nth(1).isVisible()], ['false', false]);
  await page.evaluate(() => { document.documentElement.dataset.theme = 'dark'; });
  await page.getByText('true rgb').waitFor();
  tests.same('and is drawn anew in other colors', await page.evaluate(() => globalThis.stopped), true);
  tests.same('no complaint but of the one that throws', problems.map((problem) => problem.includes('as it should')), [true, true]);
  await context.close();
  for (const width of [360, 1280]) {
    const looked = await open({ viewport: { width, height: 900 }, bypassCSP: true });
    await looked.page.goto(at);
    await looked.page.evaluate(axe);
    const found = await looked.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    tests.same(`a table that scrolls is a stop of the keyboard at ${width}`, await looked.page.locator('.tall').getAttribute('tabindex'), width === 360 ? '-1' : '0');
    tests.check(`axe of pictures ${width}`, found.violations.map((v) => `${v.id}: ${v.help} (${v.nodes[0].target.join(' ')})`));
    await looked.context.close();
  }
  const bare = await open({ javaScriptEnabled: false });
  await bare.page.goto(at);
  tests.same('without scripts the stills stand', await bare.page.locator('.sketch img').evaluateAll((all) => all.length), 2);
  await bare.page.locator('a.large').first().click();
  tests.same('and the link leads to the file', new URL(bare.page.url()).pathname, `${base}s/one/wide.png`);
  await bare.context.close();
  served.close();
}

// Tabs: one is seen at a time, by mouse and keys; a choice holds through the series; without scripts and on paper all stand.
{
  const fence = (tab, code, more = '') => `\`\`\`sh tab="${tab}"${more}\n${code}\n\`\`\`\n`;
  const three = `${fence('npm', 'npm i')}${fence('yarn', 'yarn add\nyarn start\nyarn stop', ' id=by-yarn title="With yarn"')}${fence('pnpm', 'pnpm add')}`;
  const tabbed = await built('tabbed', {
    'partwork.toml': `base_url = "https://books.example.net${base}"\ntitle = "Site"\n[cards]\nenabled = false\n`,
    'content/s/series.toml': 'title = "Series"\ndescription = "A series."\nparts = ["one", "two"]\n',
    'content/s/one.md': part('One', `${three}\nWords.\n\n${fence('npm', 'npm test')}${fence('yarn', 'yarn test')}\n${'Words.\n\n'.repeat(60)}\n${three.replace('by-yarn', 'once-more')}\n[#](#by-yarn)`),
    'content/s/two.md': part('Two', `${fence('npm', 'npm x')}${fence('yarn', 'yarn x')}\nWords.\n\n${fence('Linux', 'apt')}${fence('macOS', 'brew')}`),
  });
  const served = await host(tabbed);
  const at = `${served.origin}${base}s/`;
  const { context, page, problems } = await open();
  // A frame later: what was hidden until found is laid out by the next one, not at once.
  const seen = () => page.locator('.tab pre').evaluateAll(async (all) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return all.filter((pre) => pre.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })).map((pre) => pre.textContent.split('\n')[0]);
  });
  await page.goto(`${at}one/`);
  tests.same('the first tabs are seen', await seen(), ['npm i', 'npm test', 'npm i']);
  const tabs = page.getByRole('tab');
  await tabs.nth(0).focus();
  await page.keyboard.press('ArrowRight');
  tests.same('an arrow chooses the next, wherever that name is', await seen(), ['yarn add', 'yarn test', 'yarn add']);
  tests.same('which has the focus and says so', await page.evaluate(() => [document.activeElement.textContent, document.activeElement.ariaSelected, document.activeElement.tabIndex]), ['yarn', 'true', 0]);
  await page.keyboard.press('End');
  tests.same('where a name is not, the one before it stays', await seen(), ['pnpm add', 'yarn test', 'pnpm add']);
  await page.keyboard.press('ArrowRight');
  tests.same('after the last comes the first', await seen(), ['npm i', 'npm test', 'npm i']);
  tests.same('Tab leads to one tab alone', await page.locator('[role=tab][tabindex="0"]').count(), 3);
  const third = page.getByRole('tablist').nth(2);
  await third.scrollIntoViewIfNeeded();
  const top = () => third.evaluate((list) => Math.round(list.getBoundingClientRect().top));
  const before = await top();
  await third.getByRole('tab').nth(1).click();
  tests.check('what is clicked stays in its place', Math.abs(await top() - before) <= 1 ? [] : [`${before} and ${await top()}`]);
  await page.goto(`${at}two/`);
  tests.same('a choice holds in another part', await seen(), ['yarn x', 'apt']);
  await page.evaluate(() => localStorage.clear());
  await page.goto(`${at}one/#by-yarn`);
  tests.same('a link shows what it leads to', await seen(), ['yarn add', 'npm test', 'npm i']);
  tests.same('and chooses nothing', await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('partwork:tabs:'))), []);
  await page.emulateMedia({ media: 'print' });
  tests.same('on paper all are seen', [(await seen()).length, await page.locator('[role=tablist]:visible').count(), await page.locator('.tab > p:visible').count()], [8, 0, 8]);
  tests.same('no complaint about tabs', problems, []);
  await context.close();
  for (const colorScheme of ['light', 'dark']) {
    const looked = await open({ viewport: { width: 360, height: 900 }, bypassCSP: true, colorScheme });
    await looked.page.goto(`${at}one/`);
    await looked.page.evaluate(axe);
    const found = await looked.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }));
    tests.check(`axe of tabs ${colorScheme}`, found.violations.map((v) => `${v.id}: ${v.help} (${v.nodes[0].target.join(' ')})`));
    await looked.context.close();
  }
  const bare = await open({ javaScriptEnabled: false });
  await bare.page.goto(`${at}two/`);
  tests.same('without scripts all stand, each under its name', [await bare.page.locator('.tab > p:visible').allTextContents(), await bare.page.locator('.tab pre:visible').count()], [['npm', 'yarn', 'Linux', 'macOS'], 4]);
  await bare.context.close();
  served.close();
}

// Search under the base path, in another script.
{
  const { context, page, problems } = await open();
  await page.goto(`${origin}${base}s/two/`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('تحذير');
  await page.waitForSelector('.search-results li');
  tests.same('a result lies below the base path', new URL(await page.locator('.search-results a').first().evaluate((a) => a.href)).pathname, `${base}s/one/`);
  await page.keyboard.press('Escape');
  await page.goto(`${origin}${base}s/`);
  const keys = await page.evaluate(() => Object.keys(localStorage));
  tests.same('what was read is kept by base path and series', keys.filter((key) => key.startsWith('partwork:read:')), [`partwork:read:${base}:s`]);
  // The second part came from another series, where it was read.
  await page.evaluate(([base]) => {
    sessionStorage.clear();
    localStorage.setItem(`partwork:read:${base}:old`, JSON.stringify({ read: ['zwei', 'drei'], visits: 1 }));
  }, [base]);
  await page.reload();
  tests.same('a part that moved is read where it is now', await page.locator('.spine.is-read').evaluateAll((spines) => spines.map((spine) => spine.dataset.part)), ['old/zwei']);
  tests.same('and no more where it was', await page.evaluate(([base]) => JSON.parse(localStorage.getItem(`partwork:read:${base}:old`)).read, [base]), ['drei']);
  tests.same('no complaint about search', problems, []);
  await context.close();
}

// The discussion's frame comes when it is asked for, in the reader's colors; the form posts what it says.
{
  const { context, page, problems } = await open();
  const asked = [];
  await context.route((url) => url.origin !== origin, async (route) => {
    asked.push({ url: new URL(route.request().url()), body: route.request().postData() });
    await route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>there</title>' });
  });
  await page.goto(`${origin}${base}s/one/`, { waitUntil: 'networkidle' });
  await page.locator('.theme-switch select').selectOption('dark');
  tests.same('nothing of another origin is asked for at first', asked, []);
  await page.locator('.discussion button').focus();
  await page.keyboard.press('Enter');
  await page.frameLocator('.discussion-frame').locator('title').waitFor({ state: 'attached' });
  const frame = asked.shift().url;
  tests.same('the frame is of giscus and knows the part', [frame.origin, frame.searchParams.get('term'), frame.searchParams.get('theme')], ['https://giscus.app', 's/one', 'dark']);
  tests.same('the frame has the focus and a name', await page.evaluate(() => [document.activeElement.className, document.activeElement.title.length > 0]), ['discussion-frame', true]);
  asked.length = 0;
  await page.locator('#pw-email').fill('a@example.net');
  await page.keyboard.press('Enter');
  await page.waitForURL(/buttondown/);
  const [{ url, body }] = asked;
  const sent = new URLSearchParams(body);
  tests.same('the form posts a mail address and an empty trap', [url.href, sent.get('email'), sent.get('embed'), [...sent.values()].filter((value) => !value).length], ['https://buttondown.com/api/emails/embed-subscribe/someone', 'a@example.net', '1', 1]);
  tests.same('no complaint about form and frame', problems, []);
  await context.close();
}

// A site in Swedish, the other language that the theme speaks: its first view loads the same faces as an
// English one, and its form, without scripts, subscribes to a Listmonk.
{
  const prose = 'Räksmörgås på Åland är en smörgås med räkor; *även Ärlan äter Öring*, och `kött = "å"` går bra.';
  const swedish = await built('swedish', {
    'partwork.toml': `base_url = "https://sidor.example.net${base}"\ntitle = "Följetonger"\nlanguage = "sv"\n[newsletter]\nservice = "listmonk"\naction = "https://post.example.net/subscription/form"\nlists = ["eb420c55-4cfb-4972-92ba-c93c34ba475d"]\npromise = "Ett brev för varje del."\n`,
    'content/s/series.toml': 'title = "Smörgåsar"\ndescription = "En följetong."\nparts = ["en"]\n',
    'content/s/en.md': `+++\ntitle = "Åtta smörgåsar"\ndescription = "Den första delen."\ndate = 2025-01-01\n+++\n## Början\n\n${prose}\n`,
  });
  const there = await host(swedish);
  const { context, page, problems } = await open({ javaScriptEnabled: false });
  const fonts = [];
  page.on('response', (response) => { if (response.url().endsWith('.woff2')) fonts.push(response.body()); });
  await page.goto(`${there.origin}${base}s/en/`, { waitUntil: 'networkidle' });
  const bytes = (await Promise.all(fonts)).reduce((sum, body) => sum + body.length, 0);
  tests.check('the fonts of a Swedish part are at most 55 KB', fonts.length === 4 && bytes <= 55_000 ? [] : [`${fonts.length} fonts of ${bytes} bytes`]);
  let sent;
  await context.route((url) => url.origin !== there.origin, async (route) => {
    sent = { url: route.request().url(), fields: [...new URLSearchParams(route.request().postData())] };
    await route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>there</title>' });
  });
  await page.locator('#pw-email').fill('a@example.net');
  await page.keyboard.press('Enter');
  await page.waitForURL(/subscription/);
  tests.same('the form posts the list, an empty trap and a mail address', sent, { url: 'https://post.example.net/subscription/form', fields: [['l', 'eb420c55-4cfb-4972-92ba-c93c34ba475d'], ['nonce', ''], ['email', 'a@example.net']] });
  tests.same('no complaint about the Swedish site', problems, []);
  await context.close();
  there.close();
}

await browser.close();
close();
await rm(folder, { recursive: true });
tests.finish();
