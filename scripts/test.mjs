// Runs every check of the project and ends with one line: N passed, N failed, N skipped. Needs nothing installed but Node and npm.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'manifold-test-'))
const count = { passed: 0, failed: 0, skipped: 0 }

if (!isInstalled() && run('npm', ['ci', '--prefer-offline', '--loglevel=error']) !== 0) {
  console.error('npm ci failed: see above')
  count.failed++
} else {
  check('lint', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'])
  check('types', [bin('typescript/bin/tsc'), '--noEmit'])
  check('dist', ['scripts/check-dist.mjs'])
  jest('unit')
  jest('e2e')
}
rmSync(folder, { recursive: true, force: true })
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1

/** Whether node_modules is what package-lock.json asks for. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/** @param {string} path of a program's script in node_modules */
function bin(path) {
  return join(root, 'node_modules', path)
}

/**
 * One check: passes if the script exits with 0.
 *
 * @param {string} name
 * @param {string[]} args
 */
function check(name, args) {
  const started = Date.now()
  const passed = run(process.execPath, args) === 0
  count[passed ? 'passed' : 'failed']++
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

/**
 * A jest project: each of its tests counts; a file that cannot be run at all counts as one that failed.
 *
 * @param {string} project
 */
function jest(project) {
  const file = join(folder, `${project}.json`)
  run(process.execPath, ['scripts/jest.mjs', project, '--json', `--outputFile=${file}`], 'ignore')
  if (!existsSync(file)) {
    console.error(`FAILED: the ${project} tests could not be run: see above`)
    count.failed++
    return
  }
  const result = JSON.parse(readFileSync(file, 'utf8'))
  count.passed += result.numPassedTests
  count.failed += result.numFailedTests + result.numRuntimeErrorTestSuites
  count.skipped += result.numPendingTests + result.numTodoTests
  for (const { assertionResults } of result.testResults) {
    for (const { status, fullName } of assertionResults) if (status === 'pending') console.log(`skipped: ${fullName}`)
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {'inherit' | 'ignore'} [stdout]
 */
function run(program, args, stdout = 'inherit') {
  return spawnSync(program, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'], env: { ...process.env, FORCE_COLOR: '0' } }).status
}
