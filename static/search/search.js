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
      list.replaceChildren(...found.slice(0, shown).map(item));
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
    fuzzy: (term) => (term.length > 7 ? 2 : term.length > 3 ? 1 : 0),
    weights: { fuzzy: 0.3, prefix: 0.6 },
  };
  return (words) => {
    let found = index.search(words, options);
    if (!found.length) found = index.search(words, { ...options, combineWith: 'OR' });
    return found.map(({ id, terms }) => ({ ...sections[id], terms: new Set(terms), many: series.length > 1 }));
  };
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

function item(result) {
  const made = document.createElement('li');
  const link = document.createElement('a');
  link.href = result.url;
  const place = [result.many && result.series, result.label, result.track].filter(Boolean).join(' · ');
  link.append(element('span', 'result-place', place), element('span', 'result-title', result.title));
  if (result.heading) link.append(element('span', 'result-heading', result.heading));
  made.append(link, passage(result));
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
