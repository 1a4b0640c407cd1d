// The Nu HTML checker over a built site, HTML, CSS and SVG: `node tests/validate/nu.mjs SITE`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jar = createRequire(new URL('../browser/package.json', import.meta.url)).resolve('vnu-jar/build/dist/vnu.jar');
// What the checker's CSS parser doesn't know yet (CSS Containment 3, MathML Core, CSS Display 4).
const unknown = [/“reading-flow”/, /“container-type”/, /“@container”/, /“math-shift”/, /“inline-size”: Parse Error/];

const options = ['--format', 'json', '--exit-zero-always', '--also-check-css', '--also-check-svg', '--skip-non-html'];
const run = spawnSync('java', ['-Xss8m', '-jar', jar, ...options, process.argv[2]], { encoding: 'utf8', maxBuffer: 1 << 28 });
if (run.error) throw run.error;
const { messages } = JSON.parse(run.stderr);
const found = messages.filter((message) => !unknown.some((pattern) => pattern.test(message.message)));
for (const { url, lastLine, lastColumn, message, extract } of found) {
  console.error(`${url}:${lastLine ?? 0}:${lastColumn ?? 0}: ${message}\n  ${extract ?? ''}`);
}
console.log(`the Nu checker found ${found.length} problems`);
process.exitCode = found.length ? 1 : 0;
