/**
 * Builds the chat element: `node build.mjs [--out FOLDER]`, by default into versions/<version of package.json>/.
 *
 * Two files come out. `lantern-chat.js` is what a page loads first; `later.js` follows after the first paint and is
 * checked against the hash that stands in the first one. The same sources and the same locked esbuild give the same
 * bytes, so that a test can tell whether what is committed is what is written here.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { parse } from 'yaml';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROJECT = join(HERE, '..', '..');
const CONTENT = join(PROJECT, 'knowledge', 'content');
/** The first is spoken where a phrase is missing in another. */
const LOCALES = ['en', 'es'];
/** Every browser of 2023 and later runs it as it is. */
const TARGET = 'es2022';

const { version, license } = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));

/** `lantern:phrases`: each phrase of knowledge/content/<locale>/phrases.yml as a constant of its name, in the order of
 *  LOCALES. A bundle keeps those that it names. */
async function phrases() {
  const [first, ...others] = await Promise.all(
    LOCALES.map(async (locale) => parse(await readFile(join(CONTENT, locale, 'phrases.yml'), 'utf8'))));
  const rows = Object.keys(first).map((key) => [key, [first[key], ...others.map((other) => other[key] ?? first[key])]]);
  return rows.map(([key, texts]) => `export const ${key} = ${JSON.stringify(texts)};`).join('\n');
}

/** `lantern:numbers`: whom to call, from safety/numbers.json: `certain` and `uncertain` numbers by country, and what is
 *  said around or instead of them. */
async function numbers() {
  const { regions, default: unknown, uncertain } = JSON.parse(await readFile(join(PROJECT, 'safety', 'numbers.json'), 'utf8'));
  const listed = (wanted) => Object.entries(regions)
    .filter(([, row]) => row.emergency && Boolean(row.certain) === wanted)
    .map(([code, row]) => code + row.emergency).join(' ');
  const said = (texts) => JSON.stringify(LOCALES.map((locale) => texts[locale] ?? texts[LOCALES[0]]));
  return [
    `export const certain = ${JSON.stringify(listed(true))};`, `export const uncertain = ${JSON.stringify(listed(false))};`,
    `export const doubtful = ${said(uncertain)};`, `export const unknown = ${said(unknown.emergency)};`,
  ].join('\n');
}

const MADE = {
  'lantern:phrases': phrases,
  'lantern:numbers': numbers,
};

/** The modules that are made of the project's own data, and style sheets as minified text. */
const lantern = {
  name: 'lantern',
  setup(bundle) {
    bundle.onResolve({ filter: /^lantern:/ }, ({ path }) => ({ path, namespace: 'lantern' }));
    bundle.onLoad({ filter: /./, namespace: 'lantern' }, async ({ path }) => ({ contents: await MADE[path](), loader: 'js' }));
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

/** The text of one bundle. @param {string} entry @param {Record<string, string>} constants */
async function bundled(entry, constants) {
  const { outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: TARGET,
    charset: 'utf8',
    plugins: [lantern],
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
    banner: { js: `/* Lantern chat ${version}, ${license} */` },
    // A phrase that does not exist would be shown as "undefined".
    logOverride: { 'import-is-undefined': 'error' },
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** As browsers want it in an `integrity` attribute. @param {string} text */
const integrity = (text) => `sha384-${createHash('sha384').update(text).digest('base64')}`;

const { values: { out } } = parseArgs({ options: { out: { type: 'string', default: join(HERE, 'versions', version) } } });
const later = await bundled('source/later.js', { VERSION: version });
const first = await bundled('source/lantern-chat.js', { VERSION: version, LATER_INTEGRITY: integrity(later) });
await mkdir(out, { recursive: true });
for (const [name, text] of Object.entries({ 'lantern-chat.js': first, 'later.js': later })) {
  await writeFile(join(out, name), text);
  const bytes = Buffer.from(text);
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip, ${brotliCompressSync(bytes).length} brotli`);
}
