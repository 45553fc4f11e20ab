import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkReport, readReportInputs, wantsSizes } from '../../src/report/inputs.ts'
import { makeFolder } from '../folder.ts'

const folder = makeFolder()
const read = (values: Record<string, string>, env = {}) => readReportInputs((name) => values[name] ?? '', env)

test.each([
  [{}, {}, { summary: true, report: '' }],
  [{ summary: 'false', report: ' out/report.html ' }, {}, { summary: false, report: 'out/report.html' }],
  [{ summary: 'true' }, { DOCKER_BUILD_SUMMARY: 'false' }, { summary: false, report: '' }],
  [{ summary: 'true' }, { DOCKER_BUILD_SUMMARY: 'true' }, { summary: true, report: '' }],
])('%j with %j', (values, env, expected) => {
  expect(read(values, env)).toEqual(expected)
})

test.each([
  [{ summary: 'maybe' }, 'input summary: must be true or false'],
  [{ report: 'a\nb' }, 'input report: must be one path; name a file in the workspace, such as build-report.html'],
])('%j is refused', (values, message) => {
  expect(() => read(values)).toThrow(message)
})

test('a report that cannot be written is refused before the build, by the name of the input', async () => {
  mkdirSync(join(folder, 'there'))
  await checkReport({ summary: true, report: '' }, '/nowhere')
  await checkReport({ summary: true, report: 'new/report.html' }, folder)
  await expect(checkReport({ summary: true, report: 'there' }, folder)).rejects.toThrow('input report: "there" is a folder; name a file')
  await expect(checkReport({ summary: true, report: '../x' }, folder)).rejects.toThrow('input report: "../x" leads out of the workspace')
})

test('sizes are read only where somebody will read them', () => {
  const runner = { GITHUB_STEP_SUMMARY: '/file' }
  expect(wantsSizes({ summary: true, report: '' }, runner)).toBe(true)
  expect(wantsSizes({ summary: true, report: '' }, {})).toBe(false)
  expect(wantsSizes({ summary: false, report: '' }, runner)).toBe(false)
  expect(wantsSizes({ summary: false, report: 'a.html' }, {})).toBe(true)
})
