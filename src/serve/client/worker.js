// Listens to `partwork serve` once for all tabs of a browser.
const pages = new Set();
let last = null;

const listen = () => {
  const events = new EventSource(new URL('events', location.href));
  events.addEventListener('message', (event) => {
    last = event.data;
    for (const page of pages) page.postMessage(last);
  });
  events.addEventListener('error', () => {
    // Another server may answer next, to which this is no news.
    last = null;
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  });
};

globalThis.addEventListener('connect', ({ ports: [page] }) => {
  const greet = () => {
    pages.add(page);
    if (last !== null) page.postMessage(last);
  };
  page.addEventListener('message', ({ data }) => (data === 'bye' ? pages.delete(page) : greet()));
  page.start();
  greet();
});

listen();
