// The Nu HTML checker over a built site, HTML, CSS and SVG: `node tests/validate/nu.mjs SITE`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jar = createRequire(new URL('../browser/package.json', import.meta.url)).resolve('vnu-jar/build/dist/vnu.jar');
// What the checker's CSS parser doesn't know yet (CSS Containment 3, MathML Core, CSS Display 4).
const unknown = [/“reading-flow”/, /“container-type”/, /“@container”/, /“math-shift”/, /“math” is not a “display” value/, /“inline-size”: Parse Error/];

// A page that is read from a file has no origin, so its policy's `'self'` is nothing (CSP Level 3, §6.7.2.8). The
// browser suite looks at pages that a host sends.
unknown.push(/^Resource violates Content Security Policy \(meta tag\): [a-z ]+ “\/[^”]*” blocked by/);

const options = ['--format', 'json', '--exit-zero-always', '--also-check-css', '--also-check-svg', '--skip-non-html'];
const run = spawnSync('java', ['-Xss8m', '-jar', jar, ...options, process.argv[2]], { encoding: 'utf8', maxBuffer: 1 << 28 });
if (run.error) throw run.error;
const { messages } = JSON.parse(run.stderr);
// A block of data is no script, and no policy is asked about it (HTML standard, §4.12.1.1).
const isData = ({ message, extract }) => message.startsWith('Inline script violates') && extract.includes('<script type="application/ld+json">');
const found = messages.filter((message) => !unknown.some((pattern) => pattern.test(message.message)) && !isData(message));
for (const { url, lastLine, lastColumn, message, extract } of found) {
  console.error(`${url}:${lastLine ?? 0}:${lastColumn ?? 0}: ${message}\n  ${extract ?? ''}`);
}
console.log(`the Nu checker found ${found.length} problems`);
process.exitCode = found.length ? 1 : 0;
