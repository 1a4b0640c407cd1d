// What a page gains where scripts run. Words come from the `template` elements of base.html;
// without this file everything can still be read.

const root = document.documentElement;
const words = (id) => document.getElementById(id)?.content.firstElementChild.cloneNode(true);

// The theme: as the system says, unless the reader chose.
const theme = words('pw-theme-switch');
if (theme) {
  const select = theme.querySelector('select');
  select.value = root.dataset.theme ?? '';
  select.addEventListener('change', () => {
    if (select.value) root.dataset.theme = select.value;
    else delete root.dataset.theme;
    try {
      if (select.value) localStorage.setItem('partwork:theme', select.value);
      else localStorage.removeItem('partwork:theme');
    } catch {
      // Without storage the choice holds for this page.
    }
  });
  document.querySelector('.site-header').append(theme);
}

// Copying code: the text of `pre` is exactly the code.
if (navigator.clipboard) {
  for (const figure of document.querySelectorAll('.code')) {
    const button = words('pw-copy');
    if (!button) break;
    const label = button.textContent;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector('pre').textContent);
        button.textContent = button.dataset.done;
      } catch {
        button.textContent = button.dataset.failed;
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
    figure.append(button);
  }
}

// The table of contents follows: the current heading is the last one above the upper third.
const links = new Map();
for (const link of document.querySelectorAll('.toc a')) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) links.set(heading, link);
}
if (links.size) {
  const headings = [...links.keys()];
  let current;
  const follow = () => {
    const heading = headings.findLast((each) => each.getBoundingClientRect().top < innerHeight / 3);
    if (heading === current) return;
    links.get(current)?.removeAttribute('aria-current');
    links.get(heading)?.setAttribute('aria-current', 'true');
    current = heading;
  };
  let waiting = false;
  addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  }, { passive: true });
  follow();
}
