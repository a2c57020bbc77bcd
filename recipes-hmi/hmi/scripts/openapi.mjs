// Writes openapi/*.json as the daemons print them: node scripts/openapi.mjs [--check] FOLDER_OF_THE_DAEMONS
// With --check it writes nothing and fails if a file would change.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const DAEMONS = ['controller', 'hmi', 'ocpp', 'plc', 'system'];

const args = process.argv.slice(2);
const check = args.includes('--check');
const folder = resolve(args.find((arg) => !arg.startsWith('--')) ?? '../../rust/target/ci');

let stale = 0;
for (const daemon of DAEMONS) {
    const printed = execFileSync(join(folder, daemon), ['--print-openapi'], { encoding: 'utf8' });
    const text = `${JSON.stringify(JSON.parse(printed), null, 2)}\n`;
    const path = new URL(`../openapi/${daemon}.json`, import.meta.url);
    if ((await readFile(path, 'utf8').catch(() => '')) === text) continue;
    stale += 1;
    if (check) console.error(`openapi/${daemon}.json is not what ${daemon} prints: run npm run openapi`);
    else await writeFile(path, text);
}
if (check && stale > 0) process.exit(1);
