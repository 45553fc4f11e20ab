// Runs one of jest's projects with ES modules: `node scripts/jest.mjs unit|e2e [jest's own arguments]`.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const [project = 'unit', ...args] = process.argv.slice(2)
const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
// Scenarios share one engine and count its requests, so they run one after the other; the others run on all cores.
const workers = project === 'e2e' ? ['--runInBand'] : ['--maxWorkers=100%']
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, '--selectProjects', project, ...workers, ...args],
  {
    stdio: 'inherit',
  },
)
process.exitCode = status ?? 1
