import { randomBytes } from 'node:crypto'
import { appendFile, lstat, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/**
 * Finds where a report is to be written. What the path leads to by symbolic links counts, not how it is spelled: the content
 * of the workspace may come from a pull request, and must not direct a write elsewhere.
 *
 * @param path as the user wrote it, from the workspace
 * @returns the real path of the file
 * @throws Error that says why it cannot be written there
 */
export async function locateReport(path: string, workspace: string): Promise<string> {
  const root = await realpath(workspace)
  const wanted = resolve(root, path)
  const existing = await realAncestor(wanted)
  if (existing === undefined) throw new Error(`"${path}" leads through a symbolic link to nowhere; name a file in the workspace`)
  const real = join(existing.real, relative(existing.path, wanted))
  const inside = relative(root, real)
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new Error(`"${path}" leads out of the workspace; name a file in it, such as build-report.html`)
  }
  const folder = inside === '' || path.endsWith('/') || (await stat(real).catch(() => undefined))?.isDirectory()
  if (folder) throw new Error(`"${path}" is a folder; name a file, such as build-report.html`)
  if (existing.path !== wanted && !(await stat(existing.real)).isDirectory()) {
    throw new Error(`"${path}" cannot be made: ${existing.path} is a file`)
  }
  return real
}

/**
 * Writes a report, in one step, so that nobody reads half of one.
 *
 * @returns the path it has in the end
 * @throws Error when it cannot be written
 */
export async function writeReport(path: string, workspace: string, text: string): Promise<string> {
  await mkdir(dirname(await locateReport(path, workspace)), { recursive: true })
  // Looked at once more, now that its folder is there.
  const real = await locateReport(path, workspace)
  const draft = join(dirname(real), `.${basename(real).slice(0, 200)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeFile(draft, text, { flag: 'wx' })
    await rename(draft, real)
  } finally {
    await rm(draft, { force: true })
  }
  return real
}

/**
 * Adds to the job summary.
 *
 * @param path the runner's file; undefined where it keeps no summary
 * @param write gets the number of bytes that are left, and gives the text
 * @throws Error when it cannot be written
 */
export async function appendSummary(path: string | undefined, limit: number, write: (left: number) => string): Promise<void> {
  if (path === undefined || path === '') return
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  const text = write(limit - size)
  if (text !== '') await appendFile(path, text)
}

/** The nearest that exists on the way to a path, itself included: as spelled, and as it really is; undefined for a dead link. */
async function realAncestor(path: string): Promise<{ readonly path: string; readonly real: string } | undefined> {
  for (let each = path; ; each = dirname(each)) {
    const found = await lstat(each).catch(() => undefined)
    if (found)
      return await realpath(each).then(
        (real) => ({ path: each, real }),
        () => undefined,
      )
    if (dirname(each) === each) return undefined
  }
}
