// What the browser's tests share: a host for a built site, the browser, and a count of checks.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const types = {
  html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml', png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp', woff2: 'font/woff2', json: 'application/json',
};
const packed = ['html', 'css', 'js', 'svg', 'json'];

/** The policy that a built site asks its host for. */
export async function policyOf(folder) {
  const lines = (await readFile(join(folder, '_headers'), 'utf8')).split('\n');
  const name = '  Content-Security-Policy: ';
  return lines.find((line) => line.startsWith(name)).slice(name.length);
}

/**
 * Serves a folder on a free port under the policy that it asks for and compressed, as a host would.
 * `halt` sends a page up to the end of a text (`after`), and the rest when a promise (`until()`) is kept.
 */
export async function host(folder, { port = 0, halt } = {}) {
  const policy = await policyOf(folder);
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      const extension = file.split('.').pop();
      const headers = { 'content-type': types[extension] ?? 'application/octet-stream', 'content-security-policy': policy };
      const at = halt && extension === 'html' ? body.indexOf(halt.after) : -1;
      if (at >= 0) {
        response.writeHead(200, headers);
        response.write(body.subarray(0, at + halt.after.length));
        await halt.until();
        response.end(body.subarray(at + halt.after.length));
        return;
      }
      if (packed.includes(extension)) headers['content-encoding'] = 'gzip';
      response.writeHead(200, headers);
      response.end(packed.includes(extension) ? gzipSync(body, { level: 9 }) : body);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('not found');
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Opens empty pages, each in a context of its own and with a list of what its console complains of. */
export function opener(browser) {
  return async (options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const problems = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    return { context, page, problems };
  };
}

/** Counts checks: each has a name and the problems that were found, none when it passed. */
export function checks() {
  let passed = 0;
  const failures = [];
  return {
    check(name, problems) {
      if (problems.length === 0) passed += 1;
      else failures.push(`${name}\n  ${problems.join('\n  ')}`);
    },
    /** One problem unless two values are the same. */
    same(name, found, wanted) {
      const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
      this.check(name, one === other ? [] : [`${one} where ${other} is wanted`]);
    },
    finish() {
      if (failures.length) console.error(failures.join('\n'));
      console.log(`${passed} passed, ${failures.length} failed`);
      process.exitCode = failures.length ? 1 : 0;
    },
  };
}
