// Shows what is new: reloads the page, or swaps its styles when nothing else changed, and lays the
// problems of a failed build over it. `partwork serve` alone puts this into pages, on their way out.
(() => {
  const own = document.currentScript;
  const session = own.dataset.session;
  let version = Number(own.dataset.version);
  let leaving = false;

  const reload = () => {
    if (leaving) return;
    leaving = true;
    location.reload();
  };

  // News come faster than style sheets load; they are dealt with in their order.
  let busy = Promise.resolve();
  const hear = (text) => {
    const state = JSON.parse(text);
    busy = busy.then(() => apply(state)).catch(reload);
  };

  const apply = async (state) => {
    if (leaving) return;
    if (state.session !== session || state.pages > version) return reload();
    if (state.version > version) {
      await swapStyles(state.version);
      version = state.version;
    }
    await showProblems(state);
  };

  // The page as it is now knows the names of its style sheets, and their hashes.
  const swapStyles = async (now) => {
    const answer = await fetch(location.href, { cache: 'no-store' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const before = sheets(document);
    const after = sheets(page);
    if (before.length !== after.length) return reload();
    await Promise.all(after.map((next, at) => new Promise((resolve, reject) => {
      const link = document.importNode(next, false);
      const address = new URL(next.getAttribute('href'), document.baseURI);
      // Under the same name the browser would take what it has.
      if (address.origin === location.origin) address.searchParams.set('partwork', now);
      link.href = address.href;
      link.addEventListener('load', () => { before[at].remove(); resolve(); });
      link.addEventListener('error', reject);
      before[at].after(link);
    })));
  };
  const sheets = (page) => [...page.querySelectorAll('link[rel~="stylesheet" i]')];

  let overlay = null;
  // The build whose problems the reader has put away.
  let dismissed = 0;

  const showProblems = async (state) => {
    if (!state.problems) {
      overlay?.remove();
      overlay = null;
      return;
    }
    if (dismissed === state.builds || overlay?.dataset.build === String(state.builds)) return;
    const answer = await fetch('/.partwork/problems', { cache: 'no-store' });
    const { problems, omitted } = await answer.json();
    const next = draw(problems, omitted, state);
    overlay?.remove();
    overlay = next;
    if (problems.length > 0) document.documentElement.append(overlay);
  };

  // Nothing of a source is ever read as HTML: all of it is set as text.
  const draw = (problems, omitted, state) => {
    const host = element('partwork-overlay');
    host.dataset.build = state.builds;
    const root = host.attachShadow({ mode: 'open' });
    const style = element('link');
    style.rel = 'stylesheet';
    style.href = '/.partwork/overlay.css';
    // Without its style it would be a heap of words for a moment.
    host.hidden = true;
    style.addEventListener('load', () => { host.hidden = false; });
    style.addEventListener('error', () => { host.hidden = false; });
    const box = element('section');
    box.setAttribute('role', 'alert');
    box.setAttribute('aria-label', 'Problems');
    const head = element('header');
    const errors = problems.filter((problem) => problem.severity === 'error').length;
    const title = errors === 1 ? '1 error' : errors > 0 ? `${errors} errors` : 'Warnings';
    head.append(element('h2', state.version > 0 ? `${title}. Below is the last good version.` : title));
    const close = element('button', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => dismiss());
    head.append(close);
    const list = element('ol');
    for (const problem of problems) {
      const item = element('li');
      item.className = problem.severity;
      if (problem.place) {
        const place = element(problem.open ? 'a' : 'b', problem.place);
        if (problem.open) {
          place.href = problem.open;
          place.title = 'Open in the editor';
        }
        item.append(place);
      }
      item.append(element('pre', problem.text));
      list.append(item);
    }
    box.append(head, list);
    if (omitted > 0) box.append(element('p', `… and ${omitted} more`));
    root.append(style, box);
    return host;
  };

  const element = (name, text) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    return made;
  };

  const dismiss = () => {
    dismissed = Number(overlay?.dataset.build ?? 0);
    overlay?.remove();
    overlay = null;
  };
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && overlay) dismiss();
  });

  // A browser opens six connections to a server at most, so all tabs share one through a worker.
  const listen = () => {
    const events = new EventSource('/.partwork/events');
    events.addEventListener('message', (event) => hear(event.data));
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
    });
  };
  if (!('SharedWorker' in globalThis)) {
    listen();
    return;
  }
  const worker = new SharedWorker('/.partwork/worker.js', 'partwork');
  worker.addEventListener('error', listen, { once: true });
  worker.port.addEventListener('message', (event) => hear(event.data));
  worker.port.start();
  // A page that the browser keeps to go back to hears nothing until it is shown again.
  addEventListener('pagehide', () => worker.port.postMessage('bye'));
  addEventListener('pageshow', (event) => event.persisted && worker.port.postMessage('hello'));
})();
