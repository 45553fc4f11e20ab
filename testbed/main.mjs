// The command: node testbed/main.mjs up|down|status|env [--only PART,…] [--without PART,…] [--with PART,…]

import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { PARTS } from './parts.mjs'
import { withoutSecrets } from './state.mjs'
import { down, status, up } from './testbed.mjs'

const USAGE = `usage: node testbed/main.mjs up|down|status|env [--only PARTS] [--without PARTS] [--with PARTS]
parts, separated by commas: ${PARTS.join(', ')}`

/**
 * @param {readonly string[]} argv
 * @returns {Promise<number>} the exit code
 */
async function main(argv) {
  const list = /** @type {const} */ ({ type: 'string', default: '' })
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { only: list, without: list, with: list } })
  const parts = (/** @type {string} */ text) => /** @type {import('./parts.mjs').Part[]} */ (text.split(/[\s,]+/).filter(Boolean))
  const say = (/** @type {string} */ line) => console.error(`test bed: ${line}`)
  switch (positionals.length === 1 ? positionals[0] : undefined) {
    case 'up': {
      const began = Date.now()
      const only = parts(values.only)
      const state = await up({ ...(only.length > 0 ? { only } : {}), without: parts(values.without), with: parts(values.with), say })
      for (const { name, why } of state.skipped) say(`${name} skipped: ${why}`)
      say(`up in ${((Date.now() - began) / 1000).toFixed(1)} s: ${state.dir}`)
      return 0
    }
    case 'down': {
      const began = Date.now()
      await down()
      say(`down in ${((Date.now() - began) / 1000).toFixed(1)} s`)
      return 0
    }
    case 'status': {
      const { state, dead } = status()
      console.log(JSON.stringify(state ? withoutSecrets(state) : {}, null, 2))
      if (!state) say('down')
      for (const name of dead) say(`${name} does not run; "up" starts it again`)
      return state && dead.length === 0 ? 0 : 1
    }
    case 'env': {
      const { state } = status()
      if (!state?.engine) throw new Error('test bed: no engine is up; run "node testbed/main.mjs up"')
      console.log(`export DOCKER_HOST=${quoted(state.engine.host)}`)
      console.log(`export DOCKER_CONFIG=${quoted(join(state.dir, 'shell-config'))}`)
      console.log(`export PATH=${quoted(state.bin)}:"$PATH"`)
      return 0
    }
    default:
      console.error(USAGE)
      return 2
  }
}

/**
 * @param {string} text
 * @returns {string} one word for a POSIX shell
 */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    console.error(error instanceof Error ? error.message : String(error))
    for (let cause = error?.cause; cause; cause = cause.cause) console.error(`  because: ${cause.message ?? cause}`)
    process.exitCode = 1
  },
)
