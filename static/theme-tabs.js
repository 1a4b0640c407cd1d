// Fences that say the same in several ways: one is seen at a time, and a choice holds for its name through the series.
// Only pages that have some load this; without it they stand below each other.

const series = document.querySelector('[data-series]')?.dataset.series ?? '';
const key = `partwork:tabs:${document.body.dataset.base}:${series}`;

/** What was chosen, the last one first; without storage a page forgets when it is left. */
function kept() {
  try {
    return [JSON.parse(localStorage.getItem(key)) ?? []].flat();
  } catch {
    return [];
  }
}

function keep(chosen) {
  try {
    localStorage.setItem(key, JSON.stringify(chosen));
  } catch {
    // No storage, or none left.
  }
}

let chosen = kept();
const groups = [...document.querySelectorAll('.tabs')].map((group, at) => tabGroup(group, `pw-tab-${at + 1}`, (name) => {
  const { top } = group.getBoundingClientRect();
  chosen = [name, ...chosen.filter((other) => other !== name)].slice(0, 20);
  keep(chosen);
  for (const each of groups) each.choose(chosen);
  // What changed above it moves nothing under the reader's hand.
  scrollBy({ top: group.getBoundingClientRect().top - top, behavior: 'instant' });
}));
for (const each of groups) each.choose(chosen);
addEventListener('hashchange', reveal);
reveal();

/** Shows what the address leads to. */
function reveal() {
  const there = document.querySelector('.tab[hidden] :target');
  there?.closest('.tab').dispatchEvent(new Event('beforematch'));
  there?.scrollIntoView();
}

/** Makes tabs of a group; what is looked for in the page, or linked, is shown and nothing chosen. */
function tabGroup(group, id, chose) {
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  const panels = [...group.children];
  const names = panels.map((panel) => panel.firstElementChild.textContent);
  const show = (shown) => {
    [...list.children].forEach((tab, at) => {
      tab.setAttribute('aria-selected', at === shown);
      tab.tabIndex = at === shown ? 0 : -1;
      panels[at].hidden = at === shown ? false : 'until-found';
    });
  };
  panels.forEach((panel, at) => {
    const tab = document.createElement('button');
    Object.assign(tab, { type: 'button', id: `${id}-${at + 1}`, textContent: names[at] });
    panel.id = `${tab.id}-code`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', panel.id);
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    panel.addEventListener('beforematch', () => show(at));
    tab.addEventListener('click', () => { show(at); chose(names[at]); });
    list.append(tab);
  });
  list.addEventListener('keydown', (event) => {
    const last = panels.length - 1;
    const at = [...list.children].indexOf(event.target);
    const step = getComputedStyle(list).direction === 'rtl' ? -1 : 1;
    const to = { Home: 0, End: last, ArrowRight: at + step, ArrowLeft: at - step }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = list.children[(to + panels.length) % panels.length];
    next.focus();
    next.click();
  });
  group.prepend(list);
  return { choose: (chosen) => show(Math.max(0, names.indexOf(chosen.find((name) => names.includes(name))))) };
}
