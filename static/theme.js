// What a page gains where scripts run. Words come from the `template` elements of
// parts/scripted.html; without this file everything can still be read.

const root = document.documentElement;
const base = document.body.dataset.base;
const placed = (id) => document.getElementById(id)?.content.firstElementChild?.cloneNode(true);

/** What the browser keeps; without storage a page forgets when it is left. */
const store = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // No storage, or none left.
    }
  },
};

/** The form of a counted phrase for a number, from `data-<name>-<plural category>`. */
const counted = (element, name, n) => {
  const category = new Intl.PluralRules(root.lang || 'en').select(n);
  const form = element.getAttribute(`data-${name}-${category}`) ?? element.getAttribute(`data-${name}-other`);
  return form.replace('{n}', number(n));
};

/** A number as the language writes it: its digits in the places of `data-number`, which is 1234567.8. */
function number(n) {
  const sample = document.body.dataset.number ?? '1234567.8';
  const zero = sample.codePointAt(0) - 1;
  const shape = [...sample.replace(/\P{N}+\p{N}$/u, '')];
  const digits = [...String(n)];
  let text = '';
  while (digits.length && shape.length) {
    const sign = shape.pop();
    text = (/\p{N}/u.test(sign) ? String.fromCodePoint(zero + Number(digits.pop())) : sign) + text;
  }
  return digits.join('') + text;
}

themeSwitch();
copyButtons();
tableButtons();
scrollers();
followContents();
footOfPhone();
previews();
largePictures();
const reading = readingRecord();
readingOfPart(reading);
readingOfSeries(reading);
searchDialog();
discussion();
sketches();

/** The theme: as the system says, unless the reader chose. */
function themeSwitch() {
  const select = document.querySelector('.theme-switch select');
  if (!select) return;
  select.disabled = false;
  select.value = root.dataset.theme ?? '';
  select.addEventListener('change', () => {
    if (select.value) root.dataset.theme = select.value;
    else delete root.dataset.theme;
    store.set('partwork:theme', select.value || null);
  });
}

/** Copying code: the text of `pre` is exactly the code, but for lines that a change takes away. */
function copyButtons() {
  if (!navigator.clipboard) return;
  for (const figure of document.querySelectorAll('.code')) {
    const button = placed('pw-copy');
    if (!button) return;
    const label = button.textContent;
    button.addEventListener('click', async () => {
      try {
        const code = figure.querySelector('pre').cloneNode(true);
        code.querySelectorAll('del.line, .gap.line').forEach((line) => line.remove());
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = button.dataset.done;
      } catch {
        button.textContent = button.dataset.failed;
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
    figure.classList.toggle('one-line', !figure.querySelector('pre').textContent.trimEnd().includes('\n'));
    figure.append(button);
  }
}

/** Code, tables and formulas are stops of the keyboard where there is something to scroll. */
function scrollers() {
  const all = document.querySelectorAll('.prose [tabindex="0"]');
  const look = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const isWide = target.scrollWidth > target.clientWidth;
      // Only a long table has a height to scroll in; a formula is cut off by less than anybody sees.
      const isTall = target.classList.contains('tall') && target.scrollHeight > target.clientHeight;
      target.tabIndex = isWide || isTall ? 0 : -1;
    }
  });
  for (const each of all) look.observe(each);
}

/** A comparison as cards, or as a table with a row for each field. */
function tableButtons() {
  for (const comparison of document.querySelectorAll('.comparison')) {
    const button = placed('pw-as-table');
    const options = comparison.querySelector('.options');
    if (!button || !options) continue;
    let table;
    button.addEventListener('click', () => {
      if (!table) {
        table = comparisonTable(comparison, options);
        options.after(table);
        table.hidden = true;
      }
      table.hidden = !table.hidden;
      options.hidden = !options.hidden;
      button.textContent = options.hidden ? button.dataset.cards : button.dataset.table;
    });
    comparison.querySelector('header').append(button);
  }
}

function comparisonTable(comparison, options) {
  const frame = document.createElement('div');
  frame.className = 'table-scroll';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-labelledby', comparison.getAttribute('aria-labelledby'));
  const table = document.createElement('table');
  const cards = [...options.children];
  const cell = (row, name, scope, nodes) => {
    const made = document.createElement(name);
    if (scope) made.scope = scope;
    made.append(...[...nodes].map((node) => node.cloneNode(true)));
    row.append(made);
  };
  const head = table.createTHead().insertRow();
  cell(head, 'td', '', []);
  for (const card of cards) cell(head, 'th', 'col', card.firstElementChild.childNodes);
  const rows = table.createTBody();
  cards[0].querySelectorAll('dt').forEach((label, at) => {
    const row = rows.insertRow();
    cell(row, 'th', 'row', label.childNodes);
    for (const card of cards) cell(row, 'td', '', card.querySelectorAll('dd')[at].childNodes);
  });
  frame.append(table);
  return frame;
}

/** Calls back when the page has scrolled, at most once a frame. */
function onScroll(callback) {
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; callback(); });
  };
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon, { passive: true });
  callback();
}

/** The table of contents follows: the current heading is the last one above the upper third. */
function followContents() {
  const links = new Map();
  for (const link of document.querySelectorAll('.toc a')) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  if (!links.size) return;
  const contents = document.querySelector('.toc');
  const folded = contents.querySelector('details');
  // In the margin it is open; over the text, where it takes the first screen, when it is asked for.
  const margin = matchMedia('(min-width: 66rem)');
  const unfold = () => { if (folded && margin.matches) folded.open = true; };
  margin.addEventListener('change', unfold);
  unfold();
  const headings = [...links.keys()];
  let current;
  onScroll(() => {
    const heading = headings.findLast((each) => each.getBoundingClientRect().top < innerHeight / 3);
    if (heading === current) return;
    links.get(current)?.removeAttribute('aria-current');
    links.get(heading)?.setAttribute('aria-current', 'true');
    current = heading;
    // Where the contents scroll by themselves, the current line stays in sight; not while someone walks through them.
    if (heading && contents.scrollHeight > contents.clientHeight && !contents.matches(':focus-within')) contents.scrollTop = links.get(heading).offsetTop - contents.clientHeight / 2;
  });
}

/** On a phone, after the first screen: the section, how much has passed, and the contents as a sheet. */
function footOfPhone() {
  const foot = placed('pw-foot');
  const contents = document.querySelector('.toc ol');
  const text = document.querySelector('.part .prose, .sheet > .prose');
  if (!foot || !contents || !text) return;
  const [open, sheet] = [foot.querySelector('button'), foot.querySelector('dialog')];
  const [section, passed] = [foot.querySelector('.section'), foot.querySelector('.passed')];
  const before = section.textContent;
  document.querySelector('.site-footer').append(foot);
  onScroll(() => {
    foot.hidden = scrollY < innerHeight;
    if (foot.hidden || !foot.offsetHeight) return;
    // All has passed when the last line has come into view.
    const last = scrollY + text.getBoundingClientRect().bottom - innerHeight;
    const percent = Math.floor(100 * Math.min(1, scrollY / Math.max(1, last)));
    passed.textContent = passed.dataset.percent.replace('{n}', number(percent));
    section.textContent = document.querySelector('.toc [aria-current]')?.textContent ?? before;
  });
  open.addEventListener('click', () => {
    sheet.querySelector('ol')?.remove();
    sheet.append(contents.cloneNode(true));
    sheet.showModal();
    sheet.querySelector('[aria-current]')?.focus();
  });
  // A line leads there, and a touch beside the sheet closes it.
  sheet.addEventListener('click', (event) => { if (event.target === sheet || event.target.closest('a, .close')) sheet.close(); });
}

/** A click or a key on a wide picture shows it as large as the window; any other goes back. */
function largePictures() {
  if (!document.querySelector('a.large')) return;
  const view = placed('pw-large');
  if (!view) return;
  document.querySelector('.site-footer').append(view);
  const picture = document.createElement('img');
  view.prepend(picture);
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a.large');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const { alt } = link.querySelector('img');
    Object.assign(picture, { alt, src: link.href });
    view.setAttribute('aria-label', alt);
    view.showModal();
  });
  view.addEventListener('click', () => view.close());
  // What was seen needs no room any more.
  view.addEventListener('close', () => picture.removeAttribute('src'));
}

/** A reference that is hovered or focused shows what it leads to, in a box that can be hovered itself. */
function previews() {
  if (!HTMLElement.prototype.showPopover) return;
  const box = document.createElement('div');
  box.className = 'preview';
  box.popover = 'manual';
  box.setAttribute('role', 'status');
  document.querySelector('.site-footer').append(box);
  let timer;
  let wanted = null;
  const hide = () => {
    clearTimeout(timer);
    wanted = null;
    if (box.matches(':popover-open')) box.hidePopover();
  };
  const show = async (link) => {
    const nodes = await previewOf(link);
    if (!nodes || link !== wanted || !link.isConnected) return;
    box.replaceChildren(...nodes);
    box.showPopover();
    const line = link.getClientRects()[0];
    const { width, height } = box.getBoundingClientRect();
    const below = line.bottom + 6 + height < innerHeight;
    box.style.left = `${Math.max(8, Math.min(line.left, root.clientWidth - width - 8))}px`;
    box.style.top = `${below ? line.bottom + 6 : Math.max(8, line.top - 6 - height)}px`;
  };
  const want = (link) => {
    if (link === wanted) return clearTimeout(timer);
    hide();
    wanted = link;
    timer = setTimeout(() => show(link).catch(() => {}), 250);
  };
  const referenceAt = (target) => target.closest?.('.prose a[href]');
  document.addEventListener('pointerover', ({ pointerType, target }) => {
    if (pointerType !== 'mouse') return;
    const link = referenceAt(target);
    if (link) want(link);
    else if (target.closest?.('.preview')) clearTimeout(timer);
    else if (wanted) {
      clearTimeout(timer);
      timer = setTimeout(hide, 200);
    }
  });
  document.addEventListener('focusin', ({ target }) => {
    if (box.contains(target)) return;
    const link = target.matches(':focus-visible') && referenceAt(target);
    if (link) want(link);
    else hide();
  });
  addEventListener('keydown', ({ key }) => { if (key === 'Escape') hide(); });
  // One that is about to open finds its place then: a focus that scrolls to its link closes nothing.
  addEventListener('scroll', () => { if (box.matches(':popover-open')) hide(); }, { passive: true });
}

const fetched = new Map();

/** Another page of this site, asked for once. */
function pageAt(url) {
  if (!fetched.has(url)) {
    const page = fetch(url).then(async (answer) => {
      if (!answer.ok || !answer.headers.get('content-type')?.startsWith('text/html')) return null;
      return new DOMParser().parseFromString(await answer.text(), 'text/html');
    });
    page.catch(() => fetched.delete(url));
    fetched.set(url, page);
  }
  return fetched.get(url);
}

/** What stands behind a reference: a term's definition, a part, a note, a source, a figure; nothing for other links. */
async function previewOf(link) {
  if (link.origin !== location.origin) return null;
  const id = decodeURIComponent(link.hash.slice(1));
  const plain = (node) => {
    const copy = node.cloneNode(true);
    for (const each of [copy, ...copy.querySelectorAll('[id]')]) each.removeAttribute('id');
    copy.querySelectorAll('.footnote-back, button, fieldset').forEach((each) => each.remove());
    return copy;
  };
  const shown = '.footnotes li, .note div, .sources li, figure, .data-table, .math-frame';
  if (link.pathname === location.pathname) {
    const there = id && document.getElementById(id);
    if (!there?.matches(shown)) return null;
    // What is in view needs no second sight.
    const { top, bottom, height } = there.getBoundingClientRect();
    return height > 0 && top >= 0 && bottom <= innerHeight ? null : [plain(there)];
  }
  const made = (name, text) => {
    const node = document.createElement(name === 'number' || name === 'title' ? 'span' : 'p');
    node.className = name;
    node.textContent = text;
    return node;
  };
  const line = !id && [...document.querySelectorAll('.series-index a')].find((each) => each.pathname === link.pathname);
  if (line) return [plain(line.querySelector('.number')), plain(line.querySelector('.title')), made('facts', line.parentElement.dataset.minutes)];
  // Files are no pages.
  if (/\.(?!html?$)[^/]*$/.test(link.pathname)) return null;
  const page = await pageAt(link.href.split('#')[0]);
  const there = id ? page?.getElementById(id) : null;
  if (there?.matches('.glossary > div')) return [...there.children].map(plain);
  if (there?.matches(shown)) return [plain(there)];
  const text = (selector) => page?.querySelector(selector)?.textContent;
  const title = text('main h1');
  if (!title) return null;
  const words = { number: page.querySelector('.part > .eyebrow')?.dataset.number, title, said: text('main .lede'), facts: text('.byline .minutes') };
  return Object.entries(words).filter(([, words]) => words).map(([name, words]) => made(name, words));
}

/**
 * The reader's own record, kept in this browser alone: for each series, by permanent part ids,
 * what was read, what was read last, and what was there on earlier visits. A visit is a browser
 * session. Keyed by the site's base path, so that two sites of one host don't share it.
 */
function readingRecord() {
  const key = (series) => `partwork:read:${base}:${series}`;
  const fresh = () => ({ read: [], last: null, visits: 0, known: null, before: null });
  return {
    of: (series) => ({ ...fresh(), ...store.get(key(series)) }),
    save: (series, record) => store.set(key(series), record),
    forget: (series) => store.set(key(series), null),
    /** Counts a visit once a session, and gives the record. */
    visit(series) {
      const record = this.of(series);
      try {
        if (sessionStorage.getItem(key(series))) return record;
        sessionStorage.setItem(key(series), '1');
      } catch {
        return record;
      }
      record.visits += 1;
      record.before = record.known;
      store.set(key(series), record);
      return record;
    },
    /** Moves what was read of parts that were of other series before: their ids say of which. */
    adopt(series, ids) {
      for (const id of ids) {
        const slash = id.indexOf('/');
        if (slash < 0) continue;
        const [from, was] = [id.slice(0, slash), id.slice(slash + 1)];
        const [there, here] = [this.of(from), this.of(series)];
        if (!there.read.includes(was)) continue;
        this.save(from, { ...there, read: there.read.filter((other) => other !== was) });
        this.save(series, { ...here, read: [...here.read, id] });
      }
    },
  };
}

/** A part that was opened is the last one; at the end of its text it is read. */
function readingOfPart(reading) {
  const part = document.querySelector('.part[data-part]');
  if (!part) return;
  const { series, part: id } = part.dataset;
  const record = reading.visit(series);
  record.last = id;
  reading.save(series, record);
  markRead(record);
  const end = document.createElement('i');
  end.setAttribute('aria-hidden', 'true');
  part.querySelector('.prose').append(end);
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    const record = reading.of(series);
    if (!record.read.includes(id)) reading.save(series, { ...record, read: [...record.read, id] });
  });
  watch.observe(end);
}

/** What was read is told by the shelf in small and by the index of the series. */
function markRead({ read }) {
  const mark = placed('pw-marks');
  const where = document.querySelector('.place .where');
  let count = 0;
  for (const line of document.querySelectorAll('.place [data-part], .series-index [data-part]')) {
    if (!read.includes(line.dataset.part)) continue;
    line.classList.add('is-read');
    line.querySelector('.title')?.append(' ', mark.cloneNode(true));
    count += line.matches('.place *');
  }
  if (where && count) where.append(` · ${counted(mark, 'read', count)}`);
}

/** The shelf shows what was read, what was read last, and what is new since the visit before. */
function readingOfSeries(reading) {
  for (const shelf of document.querySelectorAll('.shelf[data-series]')) {
    const { series } = shelf.dataset;
    const spines = [...shelf.querySelectorAll('.spine[data-part]')].filter((spine) => spine.querySelector('a'));
    const published = spines.map((spine) => spine.dataset.part);
    reading.adopt(series, published);
    const record = reading.visit(series);
    record.known = published;
    reading.save(series, record);
    const state = placed('pw-reading');
    const read = published.filter((id) => record.read.includes(id));
    const fresh = record.before ? published.filter((id) => !record.before.includes(id)) : [];
    for (const spine of spines) {
      const id = spine.dataset.part;
      spine.classList.toggle('is-read', read.includes(id));
      spine.classList.toggle('is-last', id === record.last);
      spine.classList.toggle('is-new', fresh.includes(id));
      const marks = [read.includes(id) && state.dataset.read, fresh.includes(id) && state.dataset.new].filter(Boolean);
      if (marks.length) {
        const word = document.createElement('span');
        word.className = 'visually-hidden read-mark';
        word.textContent = ` (${marks.join(' · ')})`;
        spine.querySelector('a').append(word);
      }
    }
    if (!read.length && !record.last && !fresh.length) continue;
    const words = [];
    if (read.length) words.push(state.dataset.readOf.replace('{read}', number(read.length)).replace('{total}', number(published.length)));
    if (fresh.length) words.push(counted(state, 'new', fresh.length));
    state.querySelector('.tally').textContent = words.join(' · ');
    // The button that says where to begin says where to go on: the part that was left, or the one after it
    // when it was read to its end.
    const begin = (shelf.closest('.home-series') ?? document).querySelector('.start .button');
    const first = begin && { href: begin.href, words: begin.textContent };
    const at = published.indexOf(record.last);
    const next = at >= 0 && read.includes(record.last) ? spines[at + 1] : spines[at];
    if (begin && next) {
      begin.href = next.querySelector('a').href;
      begin.textContent = state.dataset.resume.replace('{title}', next.querySelector('.title').textContent);
    }
    const forget = state.querySelector('.forget');
    if (!read.length) forget.remove();
    forget.addEventListener('click', () => {
      reading.forget(series);
      state.remove();
      if (first) {
        begin.href = first.href;
        begin.textContent = first.words;
      }
      shelf.querySelectorAll('.read-mark').forEach((word) => word.remove());
      for (const spine of spines) spine.classList.remove('is-read', 'is-last', 'is-new');
    });
    if (words.length) shelf.after(state);
  }
}

/** Search in a dialog; its script, its engine and the index are loaded when it is first used. */
function searchDialog() {
  const started = new Set();
  const start = async (form) => {
    if (started.has(form)) return;
    started.add(form);
    try {
      (await import(form.dataset.script)).start(form.parentElement, form, { counted, number });
    } catch {
      started.delete(form);
      form.parentElement.querySelector('.search-status').textContent = form.dataset.failed;
    }
  };
  const page = document.querySelector('.search-page .search-form');
  if (page) start(page);
  const link = document.querySelector('.search-link');
  const dialog = placed('pw-search');
  if (!link || !dialog?.showModal) return;
  const open = () => {
    if (!dialog.isConnected) document.body.append(dialog);
    const form = dialog.querySelector('.search-form');
    start(form);
    dialog.showModal();
    form.elements.q.focus();
  };
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open();
  });
  addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!dialog.open) open();
  });
  // A click beside the dialog closes it.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
}

/** The discussion's frame is placed when the reader asks for it: until then nothing is loaded. */
function discussion() {
  const place = document.getElementById('pw-discussion-frame');
  const offer = placed('pw-discussion-frame');
  if (!offer) return;
  const button = offer.querySelector('button');
  button.addEventListener('click', () => {
    const frame = document.createElement('iframe');
    frame.className = 'discussion-frame';
    // The frame can't see what the reader chose here.
    frame.src = button.dataset.frame.replace('preferred_color_scheme', root.dataset.theme ?? 'preferred_color_scheme');
    frame.title = button.dataset.title;
    addEventListener('message', (event) => {
      const height = event.data?.giscus?.resizeHeight;
      if (event.origin === 'https://giscus.app' && Number.isFinite(height)) frame.style.blockSize = `${height}px`;
    });
    offer.replaceWith(frame);
    frame.focus();
  });
  place.after(offer);
}

/**
 * Sketches: an article's own modules, which draw where its pictures stand. One is loaded when the reader comes near,
 * and drawn anew in other colors. Where it fails, the picture stays.
 */
function sketches() {
  const all = document.querySelectorAll('.sketch[data-src]');
  if (!all.length) return;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const drawn = new Map();
  const draw = async (figure) => {
    const picture = figure.querySelector('img');
    const stage = document.createElement('div');
    stage.className = 'stage';
    stage.setAttribute('role', 'group');
    stage.setAttribute('aria-label', picture.alt);
    const { height, src } = figure.dataset;
    if (height) stage.style.blockSize = `${height}px`;
    else if (picture.width && picture.height) stage.style.aspectRatio = `${picture.width} / ${picture.height}`;
    drawn.set(figure, { stage });
    try {
      const { default: sketch } = await import(new URL(src, location));
      // The colors may have changed while it was on its way.
      if (drawn.get(figure)?.stage !== stage) return;
      figure.prepend(stage);
      const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
      const stop = await sketch(stage, { colors: colorsOf(figure), language: root.lang, dark: isDark });
      if (drawn.get(figure)?.stage === stage) drawn.set(figure, { stage, stop });
      else stop?.();
    } catch (error) {
      stage.remove();
      console.error(`${src}:`, error);
    }
  };
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  }, { rootMargin: '100% 0px' });
  const again = () => {
    for (const [figure, { stage, stop }] of drawn) {
      try {
        stop?.();
      } catch (error) {
        console.error(error);
      }
      stage.remove();
      draw(figure);
    }
  };
  for (const figure of all) near.observe(figure);
  dark.addEventListener('change', again);
  new MutationObserver(again).observe(root, { attributeFilter: ['data-theme'] });
}

/** The colors of the page where an element stands, as a canvas takes them. */
function colorsOf(element) {
  const probe = document.createElement('i');
  element.append(probe);
  const colors = {};
  for (const name of ['ink', 'paper', 'tint', 'line', 'muted', 'accent', 'second']) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colors;
}
