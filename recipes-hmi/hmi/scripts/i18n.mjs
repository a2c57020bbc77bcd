// Fails unless every language has the same keys with the same placeholders, and every key is used.
import { readFile, readdir } from 'node:fs/promises';

const root = new URL('../src/', import.meta.url);
const folder = new URL('i18n/', root);

const flatten = (value, prefix = '') =>
    Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'string' ? [[prefix + key, inner]] : flatten(inner, `${prefix}${key}.`),
    );
const placeholders = (text) =>
    [...text.matchAll(/{{\s*(\w+)/g)]
        .map((match) => match[1])
        .sort()
        .join();
// A language has the plural forms that it has.
const base = (key) => key.replace(/_(zero|one|two|few|many|other)$/, '');

const languages = new Map();
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json'))) {
    languages.set(
        file.replace('.json', ''),
        new Map(flatten(JSON.parse(await readFile(new URL(file, folder), 'utf8')))),
    );
}

const mistakes = [];
const english = languages.get('en');
for (const [language, texts] of languages) {
    const keys = new Set([...texts.keys()].map(base));
    for (const [key, text] of english) {
        if (!keys.has(base(key))) mistakes.push(`${language}: ${key} is missing`);
        const other = texts.get(key);
        if (other === '') mistakes.push(`${language}: ${key} is empty`);
        if (other !== undefined && placeholders(other) !== placeholders(text))
            mistakes.push(`${language}: ${key} has other placeholders than English`);
    }
    const known = new Set([...english.keys()].map(base));
    for (const key of keys) if (!known.has(key)) mistakes.push(`${language}: ${key} is not in English`);
}

const sources = (await readdir(root, { recursive: true })).filter(
    (name) => /\.tsx?$/.test(name) && !name.includes('schema'),
);
const code = (await Promise.all(sources.map((name) => readFile(new URL(name, root), 'utf8')))).join('\n');
// Keys with a variable part are written `group.${…}`: the group counts as used.
for (const key of new Set([...english.keys()].map(base))) {
    const group = key.slice(0, key.lastIndexOf('.'));
    if (!code.includes(`'${key}'`) && !code.includes(`\`${group}.\${`)) mistakes.push(`${key} is not used`);
}

for (const mistake of mistakes) console.error(mistake);
if (mistakes.length > 0) process.exit(1);
console.log(`${languages.size} languages, ${english.size} texts each`);
