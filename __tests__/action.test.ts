import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { load } from 'js-yaml'
import { withTables } from '../scripts/readme-tables.mjs'
import { report, reportPreview } from '../src/build/report.ts'
import { gatherSetting } from '../src/build/setting.ts'
import { readStep } from '../src/build/step.ts'
import { tell } from '../src/build/tell.ts'
import { readInputs as readLoginInputs, readSecrets } from '../src/login/inputs.ts'
import { readReportInputs } from '../src/report/inputs.ts'
import { projectDir, readAction } from '../testbed/action.mjs'
import { parseFileCommand } from '../testbed/step.mjs'
import { NOTHING } from './build/nothing.ts'
import { makeFolder } from './folder.ts'

const folder = makeFolder()

interface ActionFile {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs?: Readonly<Record<string, { readonly description: string }>>
  readonly runs: { readonly using: string; readonly main: string; readonly post: string }
}

const read = (path: string) => load(readFileSync(join(projectDir, path, 'action.yml'), 'utf8')) as ActionFile
const ACTIONS = [
  ['build', '', read('')],
  ['login', 'login', read('login')],
] as const

describe.each(ACTIONS)('the action %s', (_, path, action) => {
  test('is read by the test bed as by a YAML library', () => {
    expect(readAction(path)).toEqual({
      main: join(projectDir, path, action.runs.main),
      post: join(projectDir, path, action.runs.post),
      defaults: Object.fromEntries(Object.entries(action.inputs).map(([name, { default: value = '' }]) => [name, value])),
    })
  })

  test('runs on node 24 and describes itself', () => {
    expect(action.runs.using).toBe('node24')
    expect(action.name).not.toBe('')
    expect(action.description).not.toBe('')
  })

  test('describes each input and output in one line', () => {
    for (const [name, { description }] of Object.entries({ ...action.inputs, ...action.outputs })) {
      expect(`${name}: ${description}`).toMatch(/^[a-z-]+: \S.*\.$/)
    }
  })

  test('has defaults that are text, as a runner hands them over', () => {
    for (const { default: value = '' } of Object.values(action.inputs)) expect(typeof value).toBe('string')
  })

  test('points to bundles that are there', () => {
    const { main, post } = readAction(path)
    for (const entry of [main, post]) expect(readFileSync(entry, 'utf8').length).toBeGreaterThan(100)
  })
})

/** A reader of inputs that notes their names. */
function recorder(inputs: Record<string, string>, names: Set<string>) {
  return (name: string): string => {
    names.add(name)
    return inputs[name] ?? ''
  }
}

/** The environment of a push to a branch, with a folder of its own as workspace. */
function pushed(name: string) {
  const workspace = join(folder, name)
  mkdirSync(workspace)
  const event = join(folder, `${name}.json`)
  writeFileSync(
    event,
    JSON.stringify({
      repository: { default_branch: 'main', pushed_at: 1_700_000_000 },
      head_commit: { timestamp: '2026-11-21T00:00:00Z' },
    }),
  )
  return {
    GITHUB_EVENT_PATH: event,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_SHA: 'd4ef3dc3b77a011a5779eec7efdd45aaaaaaaaaa',
    GITHUB_REPOSITORY: 'me/app',
    GITHUB_SERVER_URL: 'https://example.com',
    GITHUB_WORKSPACE: workspace,
    GITHUB_ACTIONS: 'true',
  }
}

const RULES = '- {type: branch, ref: main, tags: [{tag: "1"}]}'

describe('the inputs of the build action', () => {
  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['tags for images', { images: 'a.io/app', tags: 'type=sha\nlatest', cache: 'registry' }],
    ['build rules', { images: 'a.io/app', rules: RULES, cache: 'local', 'cache-dir': '.cache' }],
  ])('are all read, and no others, with %s set', async (name, inputs) => {
    const env = pushed(`read ${name}`)
    const names = new Set<string>()
    const input = recorder(inputs, names)
    readStep(input, await gatherSetting(input, env.GITHUB_WORKSPACE, env))
    readReportInputs(input)
    expect([...names].sort()).toEqual(Object.keys(read('').inputs).sort())
  })
})

test.each<[string, Record<string, string>]>([
  ['one registry', { username: 'u', password: 'p' }],
  ['a list', { 'registry-auth': '- {username: u, password: p}' }],
])('the inputs of the login action are all read, and no others, with %s', (_, inputs) => {
  const names = new Set<string>()
  readSecrets(recorder(inputs, names))
  readLoginInputs(recorder(inputs, names))
  expect([...names].sort()).toEqual(Object.keys(read('login').inputs).sort())
})

test('the outputs of the build action are all set, and no others', async () => {
  const env = pushed('outputs')
  const inputs: Record<string, string> = { images: 'a.io/app', rules: RULES, 'dry-run': 'true' }
  const input = (name: string) => inputs[name] ?? ''
  const step = readStep(input, await gatherSetting(input, env.GITHUB_WORKSPACE, env))
  const outputs = join(folder, 'GITHUB_OUTPUT')
  writeFileSync(outputs, '')
  // Real @actions/core, which writes to the runner's file and to its log.
  process.env.GITHUB_OUTPUT = outputs
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  try {
    report(step, [NOTHING])
    reportPreview(step)
    await tell(step.builds, [NOTHING], { reports: { summary: false, report: 'report.html' }, env, seconds: 1 })
  } finally {
    write.mockRestore()
    delete process.env.GITHUB_OUTPUT
  }
  expect(Object.keys(parseFileCommand(readFileSync(outputs, 'utf8'))).sort()).toEqual(Object.keys(read('').outputs ?? {}).sort())
})

describe('README.md', () => {
  const text = readFileSync(join(projectDir, 'README.md'), 'utf8')

  test('has the tables of action.yml; if not, run node scripts/readme-tables.mjs', () => {
    expect(text).toBe(withTables(text))
  })

  test.each([
    ['build', 'inputs'],
    ['build', 'outputs'],
    ['login', 'inputs'],
  ] as const)('has a table of the %s action with its %s', (name, kind) => {
    const [, table = ''] = new RegExp(`<!-- ${kind} ${name} -->\n(.*?)<!-- /${kind} -->`, 's').exec(text) ?? []
    const rows = table.split('\n').filter((line) => line.startsWith('| `'))
    const action = read(name === 'login' ? 'login' : '')
    const entries: Record<string, { description: string; default?: string }> = { ...action[kind] }
    expect(rows).toEqual(
      Object.entries(entries).map(([each, { description, default: value = '' }]) => {
        const meaning = description.replaceAll('|', '\\|')
        return kind === 'inputs' ? `| \`${each}\` | ${meaning} | ${value === '' ? '' : `\`${value}\``} |` : `| \`${each}\` | ${meaning} |`
      }),
    )
  })

  test('a marker that names no action is an error', () => {
    expect(() => withTables('<!-- inputs other -->\n<!-- /inputs -->')).toThrow('no action "other"; known are build, login')
    expect(withTables('no markers')).toBe('no markers')
  })
})
