import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appendSummary, locateReport, writeReport } from '../../src/report/file.ts'
import { makeFolder } from '../folder.ts'

const folder = makeFolder()
const outside = mkdtempSync(join(folder, 'outside-'))

function workspace(): string {
  const root = mkdtempSync(join(folder, 'workspace-'))
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'file'), 'old')
  symlinkSync(outside, join(root, 'away'))
  symlinkSync(join(outside, 'gone'), join(root, 'dangling'))
  symlinkSync(join(root, 'folder'), join(root, 'within'))
  writeFileSync(join(outside, 'kept'), 'kept')
  symlinkSync(join(outside, 'kept'), join(root, 'link.html'))
  return root
}

test.each([
  ['report.html', 'report.html'],
  ['new/deep/report.html', 'new/deep/report.html'],
  ['folder/../report.html', 'report.html'],
  ['within/report.html', 'folder/report.html'],
  ['..report.html', '..report.html'],
  ['file', 'file'],
])('%s is written', async (path, real) => {
  const root = workspace()
  expect(await writeReport(path, root, 'text')).toBe(join(root, real))
  expect(readFileSync(join(root, real), 'utf8')).toBe('text')
  expect(readdirSync(join(root, real, '..')).filter((name) => name.startsWith('.') && !name.startsWith('..'))).toEqual([])
})

test('an absolute path within the workspace is written, also where the workspace is itself a link', async () => {
  const root = workspace()
  const link = `${root}-link`
  symlinkSync(root, link)
  expect(await writeReport(join(root, 'a.html'), root, 'text')).toBe(join(root, 'a.html'))
  expect(await writeReport(join(link, 'b.html'), link, 'text')).toBe(join(root, 'b.html'))
})

test.each([
  ['../report.html', 'leads out of the workspace'],
  ['/etc/report.html', 'leads out of the workspace'],
  ['new/../../report.html', 'leads out of the workspace'],
  ['away/report.html', 'leads out of the workspace'],
  ['away/new/report.html', 'leads out of the workspace'],
  ['link.html', 'leads out of the workspace'],
  ['dangling', 'leads through a symbolic link to nowhere'],
  ['dangling/report.html', 'leads through a symbolic link to nowhere'],
  ['folder', 'is a folder'],
  ['within', 'is a folder'],
  ['new/', 'is a folder'],
  ['.', 'is a folder'],
  ['file/report.html', 'is a file'],
])('%s is refused: it %s', async (path, why) => {
  const root = workspace()
  await expect(locateReport(path, root)).rejects.toThrow(`"${path}" `)
  await expect(writeReport(path, root, 'text')).rejects.toThrow(why)
  expect(readdirSync(outside)).toEqual(['kept'])
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept')
})

test('the summary is added to what is there, and knows how much is left', async () => {
  const path = join(workspace(), 'summary')
  writeFileSync(path, 'first\n')
  const lefts: number[] = []
  await appendSummary(path, 100, (left) => {
    lefts.push(left)
    return 'second\n'
  })
  expect(lefts).toEqual([94])
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n')
})

test('a runner without a summary is not asked to keep one', async () => {
  const write = () => {
    throw new Error('asked')
  }
  await appendSummary(undefined, 100, write)
  await appendSummary('', 100, write)
})

test('a summary that cannot be written is told', async () => {
  await expect(appendSummary(join(workspace(), 'folder'), 100, () => 'text')).rejects.toThrow('EISDIR')
})
