// Measures a site as Lighthouse sees it on a phone: `node tests/browser/lighthouse.mjs PARTWORK`.
// Builds this repository's site for an address of this machine, serves it under the policy that it
// asks for, and prints the scores of three kinds of page. Fails when one is below 100. Scores move
// with the machine, so this is measured by hand and is no part of the tests.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { host } from './lib.mjs';

const run = promisify(execFile);
const port = 4799;
const origin = `http://127.0.0.1:${port}`;
const folder = await mkdtemp(join(tmpdir(), 'partwork-'));
const site = join(folder, 'site');
await run(process.argv[2] ?? 'target/release/partwork', ['build', '--quiet', '--base-url', `${origin}/`, '--output', site], {
  env: { ...process.env, PARTWORK_CACHE: join(folder, 'cache') },
});
const server = await host(site, { port });
try {
  for (const path of ['/', '/ai-demystified/', '/ai-demystified/embeddings/']) {
    const flags = '--headless --no-sandbox --disable-gpu';
    const args = ['--yes', 'lighthouse@13.5.0', origin + path, '--quiet', '--output=json', `--chrome-flags=${flags}`];
    const env = { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? '/usr/bin/chromium' };
    const report = JSON.parse((await run('npx', args, { env, maxBuffer: 1 << 28 })).stdout);
    const scores = Object.values(report.categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`);
    console.log(`${path}  ${scores.join(', ')}`);
    for (const { id, title, score, displayValue } of Object.values(report.audits)) {
      if (score !== null && score < 1) console.log(`  ${id}: ${title} ${displayValue ?? ''}`);
    }
    if (Object.values(report.categories).some(({ score }) => score < 1)) process.exitCode = 1;
  }
} finally {
  server.close();
  await rm(folder, { recursive: true });
}
