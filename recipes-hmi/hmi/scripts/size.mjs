// Fails if the bundle outgrows its budget. All sizes are those of gzip -9, in kB of 1,000 bytes.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const BUDGET = { 'first load': 260, 'largest lazy file': 60, 'everything shipped': 900 };

const dist = process.argv[2] ?? 'dist';
const index = await readFile(join(dist, 'index.html'), 'utf8');
const names = (await readdir(dist, { recursive: true })).filter((name) => !/\.(gz|br)$/.test(name));
const sizes = { 'first load': 0, 'largest lazy file': 0, 'everything shipped': 0 };
for (const name of names) {
    const path = join(dist, name);
    if (!(await stat(path)).isFile()) continue;
    const size = await stat(`${path}.gz`)
        .catch(() => stat(path))
        .then((found) => found.size / 1000);
    sizes['everything shipped'] += size;
    if (name === 'index.html' || index.includes(name)) sizes['first load'] += size;
    else if (name.endsWith('.js')) sizes['largest lazy file'] = Math.max(sizes['largest lazy file'], size);
}
let over = false;
for (const [what, budget] of Object.entries(BUDGET)) {
    over ||= sizes[what] > budget;
    console.log(
        `${what}: ${sizes[what].toFixed(1)} kB of ${budget} kB${sizes[what] > budget ? '  TOO LARGE' : ''}`,
    );
}
if (over) process.exit(1);
