// Writes the tables of inputs and outputs into README.md, from the action.yml files: between <!-- inputs build --> and
// <!-- /inputs -->, <!-- outputs build --> and <!-- /outputs -->, and so on. A test holds the README against this.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const files = new Map([
  ['build', 'action.yml'],
  ['login', 'login/action.yml'],
])

/**
 * Puts the tables between the markers of a text.
 *
 * @param {string} text
 * @returns {string} the text with all tables anew, whatever stood between the markers
 * @throws {Error} for a marker that names no action
 */
export function withTables(text) {
  return text.replaceAll(/(<!-- (inputs|outputs) (\w+) -->\n).*?(<!-- \/\2 -->)/gs, (_, start, kind, action, end) => {
    const path = files.get(action)
    if (path === undefined) throw new Error(`README.md: no action "${action}"; known are ${[...files.keys()].join(', ')}`)
    return `${start}${table(join(root, path), kind)}${end}`
  })
}

/**
 * @param {string} path of an action.yml
 * @param {'inputs' | 'outputs'} kind
 */
function table(path, kind) {
  const action = /** @type {Record<string, Record<string, {description: string, default?: unknown}>>} */ (load(readFileSync(path, 'utf8')))
  const withDefault = kind === 'inputs'
  const head = withDefault ? ['input', 'meaning', 'default'] : ['output', 'meaning']
  const rows = Object.entries(action[kind] ?? {}).map(([name, { description, default: value = '' }]) => [
    `\`${name}\``,
    description,
    ...(withDefault ? [value === '' ? '' : `\`${value}\``] : []),
  ])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('')
}

/** @param {string} text */
function cell(text) {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(root, 'README.md')
  const text = readFileSync(path, 'utf8')
  const next = withTables(text)
  if (next !== text) writeFileSync(path, next)
  console.log(next === text ? 'README.md: the tables are up to date' : 'README.md: tables written')
}
