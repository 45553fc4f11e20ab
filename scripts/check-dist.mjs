// Checks that dist/ is what src/ builds to: copies the sources elsewhere, installs and builds there, compares every byte.
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = ['src', 'stubs', 'scripts', 'package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'tsconfig.build.json']

const clone = await mkdtemp(join(tmpdir(), 'check-dist-'))
try {
  for (const name of SOURCES) await cp(join(root, name), join(clone, name), { recursive: true })
  run('npm', ['ci', '--prefer-offline', '--loglevel=error'])
  run(process.execPath, ['scripts/build.mjs'])
  const [wanted, found] = await Promise.all([contents(join(clone, 'dist')), contents(join(root, 'dist'))])
  const names = [...new Set([...wanted.keys(), ...found.keys()])].sort()
  const differing = names.filter((name) => wanted.get(name) !== found.get(name))
  if (differing.length > 0) {
    console.error(`dist/ is not what src/ builds to: ${differing.join(', ')}. Run "npm run build" and commit the result.`)
    process.exitCode = 1
  } else {
    console.log(`dist/ is what src/ builds to: ${names.length} files`)
  }
} finally {
  await rm(clone, { recursive: true, force: true })
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: clone, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed in the copy`)
}

/**
 * @param {string} folder
 * @returns {Promise<Map<string, string>>} the content of each file below it
 */
async function contents(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(
      files.map(async (file) => /** @type {[string, string]} */ ([file.slice(folder.length + 1), await readFile(file, 'latin1')])),
    ),
  )
}
