// Search over the sections of all parts, with MiniSearch; loaded on first use alone.

const language = document.documentElement.lang || 'en';
const shown = 30;

/** Brings a search form to life: `place` holds its status line and its list of results, `say` writes numbers. */
export function start(place, form, say) {
  const field = form.elements.q;
  const status = place.querySelector('.search-status');
  const list = place.querySelector('.search-results');
  let index;
  let last = '';
  const search = async () => {
    const words = field.value.trim();
    if (words === last) return;
    last = words;
    if (!words) {
      status.textContent = '';
      list.replaceChildren();
      return;
    }
    if (!index) status.textContent = form.dataset.loading;
    try {
      index ??= load(form.dataset.engine, form.dataset.index.trim().split(/\s+/), say.number);
      const found = (await index)(words);
      // The reader may have typed on while the index came.
      if (field.value.trim() !== words) return;
      status.textContent = told(form, say, found.length);
      list.replaceChildren(...byPart(found.slice(0, shown)).map(part));
    } catch {
      index = undefined;
      last = '';
      status.textContent = form.dataset.failed;
    }
  };
  field.addEventListener('input', search);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search();
    list.querySelector('a')?.focus();
  });
  // Arrows walk from the field through what was found, and back.
  place.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    const stops = [field, ...list.querySelectorAll('a')];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!next || !stops.includes(document.activeElement)) return;
    event.preventDefault();
    next.focus();
  });
  const asked = new URL(location.href).searchParams.get('q');
  if (asked && !field.value && place.matches('.search-page')) field.value = asked;
  // The reader may have typed before this came.
  search();
}

/** How many passages were found, and how many of them are listed. */
const told = (form, { counted, number }, n) => {
  if (!n) return form.dataset.nothing;
  const found = counted(form, 'found', n);
  return n > shown ? form.dataset.best.replace('{found}', found).replace('{n}', number(shown)) : found;
};

/** Fetches engine and indexes; gives a function from words to results, the best first. */
async function load(engine, urls, written) {
  const [{ default: MiniSearch }, ...series] = await Promise.all([
    import(engine),
    ...urls.map(async (url) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      return answer.json();
    }),
  ]);
  const sections = series.flatMap(({ series: title, part: named, parts, sections }) =>
    sections.map(([part, anchor, heading, text]) => {
      const [number, name, track, url] = parts[part];
      const label = number === null ? '' : named.replace('{number}', String(number).replace(/\d/g, (digit) => written(digit)));
      return { series: title, label, title: name, track, url: anchor ? `${url}#${encodeURIComponent(anchor)}` : url, heading, text };
    }));
  const index = new MiniSearch({
    fields: ['title', 'heading', 'text'],
    storeFields: [],
    tokenize,
    processTerm: (term) => fold(term) || null,
  });
  index.addAll(sections.map((section, id) => ({ id, ...section })));
  const options = {
    boost: { title: 3, heading: 2 },
    combineWith: 'AND',
    prefix: (term, at, terms) => at === terms.length - 1 && term.length > 1,
    weights: { fuzzy: 0.3, prefix: 0.6 },
  };
  const fuzzy = (term) => (term.length > 9 ? 2 : term.length > 5 ? 1 : 0);
  const common = tooCommon(sections);
  return (words) => {
    // What stands almost everywhere says nothing beside another word.
    const typed = tokenize(words);
    const telling = typed.filter((word) => !common.has(fold(word)));
    const query = telling.length ? telling.join(' ') : words;
    // Words that are nearly those typed are looked for where no text has those.
    let found = [];
    for (const way of [{}, { fuzzy }, { combineWith: 'OR' }, { combineWith: 'OR', fuzzy }]) {
      found = index.search(query, { ...options, ...way });
      if (found.length) break;
    }
    return found.map(({ id, terms }) => ({ ...sections[id], terms: new Set(terms), many: series.length > 1 }));
  };
}

/** Words of most sections, in whatever language: `the`, `och`. A few sections have none. */
function tooCommon(sections) {
  const counts = new Map();
  for (const { text } of sections) {
    for (const term of new Set(tokenize(text).map(fold))) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => sections.length > 20 && count > sections.length / 2).map(([term]) => term));
}

/** Results by their parts, the best part first, in each the best first. */
function byPart(results) {
  const parts = new Map();
  for (const result of results) {
    const [page] = result.url.split('#');
    parts.set(page, [...(parts.get(page) ?? []), result]);
  }
  return [...parts].map(([url, found]) => ({ url, found }));
}

// Scripts without spaces between words need the browser's dictionary; for others it is slow.
const dense = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Mymr}]/u;
const words = /[\p{L}\p{M}\p{N}]+/gu;
const segmenter = Intl.Segmenter ? new Intl.Segmenter(language, { granularity: 'word' }) : null;

/** The words of a text and where they stand: `Node.js` is two in every language, so that each finds the other. */
function* wordsOf(text) {
  for (const { 0: run, index } of text.matchAll(words)) {
    if (!segmenter || !dense.test(run)) {
      yield { word: run, index };
      continue;
    }
    for (const piece of segmenter.segment(run)) {
      if (piece.isWordLike) yield { word: piece.segment, index: index + piece.index };
    }
  }
}

const tokenize = (text) => Array.from(wordsOf(text), ({ word }) => word);

// Letters that Unicode doesn't take apart.
const spelled = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

/** Letters without case and accents, as readers type them. */
function fold(term) {
  const letters = term.toLowerCase().replace(/[ßæœøłđı]/g, (letter) => spelled[letter]);
  return letters.normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
}

/** A part with what was found in it; one that was found by its title or its beginning leads there itself. */
function part({ url, found }) {
  const [result] = found;
  const made = document.createElement('li');
  const link = document.createElement('a');
  link.href = url;
  const place = [result.many && result.series, result.label, result.track].filter(Boolean).join(' · ');
  link.append(element('span', 'result-place', place), element('span', 'result-title', result.title));
  made.append(link);
  const list = document.createElement('ol');
  for (const each of found) {
    const line = document.createElement('li');
    if (each.heading) {
      const heading = element('a', 'result-heading', each.heading);
      heading.href = each.url;
      line.append(heading);
    }
    line.append(passage(each));
    list.append(line);
  }
  made.append(list);
  return made;
}

/** The stretch of text around the first word that matched, with all that matched marked. */
function passage({ text, terms }) {
  const made = element('p', 'result-passage', '');
  const all = [...wordsOf(text)];
  const hits = all.filter(({ word }) => terms.has(fold(word)));
  const first = hits[0]?.index ?? 0;
  const wordFrom = (place) => all.find(({ index }) => index >= place)?.index;
  const from = first < 80 ? 0 : wordFrom(first - 60);
  const to = text.length - from < 240 ? text.length : wordFrom(from + 200) ?? text.length;
  if (from > 0) made.append('… ');
  let at = from;
  for (const hit of hits) {
    if (hit.index < at || hit.index + hit.word.length > to) continue;
    made.append(text.slice(at, hit.index), element('mark', '', hit.word));
    at = hit.index + hit.word.length;
  }
  made.append(text.slice(at, to));
  if (to < text.length) made.append('…');
  return made;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
