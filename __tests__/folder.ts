import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of a test's own, for its owner alone; removed when the test file is done. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
