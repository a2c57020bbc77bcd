// Puts a .gz and a .br beside every file of the bundle that gets smaller by it, so that the server need not compress.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? 'dist';
for (const name of await readdir(dist, { recursive: true })) {
    if (!/\.(js|css|html|svg|json|txt)$/.test(name)) continue;
    const path = join(dist, name);
    const content = await readFile(path);
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
    await writeFile(`${path}.br`, brotliCompressSync(content, options));
}
