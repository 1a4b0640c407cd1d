// Shows what is new: edits plain words and swaps styles where the page stands, loads it anew for
// everything else, and lays the problems of a failed build over it. `partwork serve` alone puts this into pages, on their way out.
(() => {
  const own = document.currentScript;
  const session = own.dataset.session;
  // Below the site's own base path: a proxy in front may forward nothing else.
  const place = (name) => new URL(name, own.src).href;
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
    busy = busy.then(() => apply(state)).catch(reloadOnceThere);
  };

  // Where something went wrong the server may be gone, and a page that is loaded then is an error of the browser's, in
  // which nobody listens any more.
  const reloadOnceThere = () => {
    const again = () => setTimeout(reloadOnceThere, 1000);
    fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(reload, again);
  };

  const apply = async (state) => {
    if (leaving) return;
    if (state.session !== session) return reload();
    // Of a build that is under way nothing is told but some pages; of all others word comes when it is done.
    if (state.first && !state.first.includes(decodeURIComponent(location.pathname))) return;
    if (state.version > version && !(await renew(state))) return reload();
    await showProblems(state);
  };

  // Brings the page up to date as it stands, where that gives the same as loading it anew would;
  // says whether it did.
  const renew = async (state) => {
    const words = state.pages > version;
    // All that changed since this version is told, and no file that this page has loaded is in it.
    if (words && (version < state.since || !state.files || hasLoaded(state.files))) return false;
    const page = await fetchPage();
    // Another version has come since, and word of it is on its way.
    if (page.version !== state.version) return true;
    const edits = words ? differences(served, page) : [];
    if (edits === null || (state.styles > version && !(await swapStyles(page, state.version)))) return false;
    for (const edit of edits) edit();
    version = state.version;
    own.dataset.version = version;
    served = page;
    return true;
  };

  const fetchPage = async () => {
    const answer = await fetch(location.href, { cache: 'no-cache' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    page.status = answer.status;
    page.version = Number(answer.headers.get('partwork-version'));
    // Its version is all that the client itself differs in.
    page.querySelector('script[src$=".partwork/reload.js"]')?.removeAttribute('data-version');
    return page;
  };

  // The page as the server sent it, without what scripts have made of it since.
  let served = null;
  const remember = async () => {
    const page = await fetchPage();
    if (page.version === version) served = page;
  };
  // Not before the page is there: an edit that comes earlier loads it anew. Without it, as well.
  if (document.readyState === 'complete') remember().catch(() => {});
  else addEventListener('load', () => remember().catch(() => {}));

  const hasLoaded = (files) => {
    const loaded = performance.getEntriesByType('resource');
    // The browser keeps no more than this many, unless told.
    if (loaded.length >= 250) return true;
    const changed = new Set(files);
    return loaded.some(({ name }) => {
      const address = new URL(name);
      return address.origin === location.origin && changed.has(decodeURIComponent(address.pathname));
    });
  };

  // What has to be done to the page so that it shows `after` instead of `before`; null when that
  // is more than plain words. Scripts may have added to the page or hold on to parts of it, so
  // only what they left alone is touched, and nothing that they are likely to look for.
  const differences = (before, after) => {
    if (before === null || before.status !== after.status) return null;
    // What is asked for early comes without being asked for as well, once it is used.
    const head = (page) => {
      const copy = page.head.cloneNode(true);
      for (const link of [...sheets(copy), ...copy.querySelectorAll('link[rel~="preload" i]')]) link.remove();
      for (const node of [...copy.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
      return copy;
    };
    const same = head(before).isEqualNode(head(after)) && alike(before.documentElement, after.documentElement) && alike(before.body, after.body);
    const edits = [];
    return same && collect(before.body, after.body, document.body, edits) ? edits : null;
  };

  const collect = (before, after, shown, edits) => {
    if (before.isEqualNode(after)) return true;
    if (OWN_TEXT.has(before.localName)) return false;
    const [was, is] = [before, after].map((node) => [...node.childNodes]);
    // What scripts have added without words, such as a mark at the end, was not made from any. It
    // has to be of a kind of its own here, or it could be taken for what it stands beside.
    const kinds = new Set(was.map((node) => node.nodeName));
    const seen = [...shown.childNodes].filter((node) => kinds.has(node.nodeName) || node.textContent !== '');
    if (was.length !== seen.length || was.some((node, at) => node.nodeName !== seen[at].nodeName)) return false;
    let start = 0;
    while (start < Math.min(was.length, is.length) && was[start].isEqualNode(is[start])) start += 1;
    let end = 0;
    while (end < Math.min(was.length, is.length) - start && was.at(-1 - end).isEqualNode(is.at(-1 - end))) end += 1;
    const gone = was.slice(start, was.length - end);
    const come = is.slice(start, is.length - end);
    if (gone.length === come.length && gone.every((node, at) => alike(node, come[at]))) {
      return gone.every((node, at) => {
        if (node.nodeType === Node.ELEMENT_NODE) return collect(node, come[at], seen[start + at], edits);
        if (seen[start + at].data !== node.data) return false;
        edits.push(() => { seen[start + at].data = come[at].data; });
        return true;
      });
    }
    const old = seen.slice(start, seen.length - end);
    if (![...gone, ...come].every(isPlain) || !old.every((node, at) => node.isEqualNode(gone[at]))) return false;
    edits.push(() => {
      const next = end > 0 ? seen[seen.length - end] : (seen.at(-1)?.nextSibling ?? null);
      for (const node of come) shown.insertBefore(document.importNode(node, true), next);
      for (const node of old) node.remove();
    });
    return true;
  };

  // The same but for what is inside, or for the text.
  const alike = (one, other) => one.nodeType === other.nodeType
    && (one.nodeType === Node.ELEMENT_NODE ? one.cloneNode(false).isEqualNode(other.cloneNode(false)) : 'data' in one);

  // Elements whose text is not for readers.
  const OWN_TEXT = new Set(['script', 'style', 'template', 'noscript', 'iframe', 'textarea']);
  const PLAIN = new Set(['a', 'abbr', 'b', 'blockquote', 'br', 'cite', 'code', 'dd', 'del', 'dl', 'dt', 'em', 'hr', 'i', 'ins', 'kbd',
    'li', 'mark', 'ol', 'p', 'q', 's', 'small', 'span', 'strong', 'sub', 'sup', 'u', 'ul']);
  const isPlain = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return 'data' in node;
    return (PLAIN.has(node.localName) || node.namespaceURI === 'http://www.w3.org/1998/Math/MathML') && [...node.childNodes].every(isPlain);
  };

  // The page as it is now knows the names of its style sheets, and their hashes.
  const swapStyles = async (page, now) => {
    const before = sheets(document);
    const after = sheets(page);
    if (before.length !== after.length) return false;
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
    return true;
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
    const answer = await fetch(place('problems'), { cache: 'no-store' });
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
    style.href = place('overlay.css');
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
    const events = new EventSource(place('events'));
    events.addEventListener('message', (event) => hear(event.data));
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
    });
  };
  if (!('SharedWorker' in globalThis)) {
    listen();
    return;
  }
  const worker = new SharedWorker(place('worker.js'), 'partwork');
  worker.addEventListener('error', listen, { once: true });
  worker.port.addEventListener('message', (event) => hear(event.data));
  worker.port.start();
  // A page that the browser keeps to go back to hears nothing until it is shown again.
  addEventListener('pagehide', () => worker.port.postMessage('bye'));
  addEventListener('pageshow', (event) => event.persisted && worker.port.postMessage('hello'));
})();
