import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's own folder, where both actions live. */
export const projectDir = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * What a runner needs of an action.
 *
 * @typedef {object} Action
 * @property {string} main path of the main entry
 * @property {string} post path of the post entry
 * @property {Record<string, string>} defaults default of each input, the empty string for none
 */

/**
 * Reads an action of this project as a runner does, from its action.yml. Reads the form that our own two files have, so
 * that it needs no YAML library: a test holds it against a real one.
 *
 * @param {'' | 'login'} folder where its action.yml lies
 * @returns {Action}
 */
export function readAction(folder) {
  const path = join(projectDir, folder, 'action.yml')
  /** @type {Record<string, string>} */
  const defaults = {}
  /** @type {Record<string, string>} */
  const runs = {}
  let section = ''
  let input = ''
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, indent = '', key = '', value = ''] = /^( *)([\w-]+):\s*(.*)$/.exec(line) ?? []
    if (key === '') continue
    if (indent === '') section = key
    else if (section === 'runs') runs[key] = unquote(value)
    else if (section === 'inputs' && key === 'default') defaults[input] = unquote(value)
    else if (section === 'inputs' && indent.length === 2) {
      input = key
      defaults[input] = ''
    }
  }
  if (!runs.main || !runs.post) throw new Error(`${path}: main or post is missing under runs`)
  return { main: join(dirname(path), runs.main), post: join(dirname(path), runs.post), defaults }
}

/** @param {string} text */
function unquote(text) {
  return text.replace(/^"(.*)"$/, '$1')
}
