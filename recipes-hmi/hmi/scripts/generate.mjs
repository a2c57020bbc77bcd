// Writes the TypeScript types of the daemons' OpenAPI documents: openapi/*.json -> src/api/schema/*.d.ts.
// With --check it writes nothing and fails if a file would change.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const check = process.argv.includes('--check');
const root = new URL('../', import.meta.url);
const target = new URL('src/api/schema/', root);
await mkdir(target, { recursive: true });

let stale = 0;
for (const file of (await readdir(new URL('openapi/', root)))
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const name = file.replace('.json', '');
    const types = await openapiTS(new URL(`openapi/${file}`, root), { alphabetize: true });
    const text = `// Made by "npm run generate" from openapi/${file}. Do not edit.\n\n${astToString(types)}`;
    const path = new URL(`${name}.d.ts`, target);
    const before = await readFile(path, 'utf8').catch(() => '');
    if (before === text) continue;
    stale += 1;
    if (check)
        console.error(`src/api/schema/${name}.d.ts does not fit openapi/${file}: run npm run generate`);
    else await writeFile(path, text);
}
if (check && stale > 0) process.exit(1);
