import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bed, failed, freshStep, type Job, passed, type StepResult, scenario } from './bed.ts'
import { formsOf, readCommands, showCommands, unmasked } from './commands.ts'

// What somebody who may write a Dockerfile could try on the runner. The token is one that GitHub's runner knows as a word.
const EVIL = [
  '::error::x',
  '  ::error file=a.js,line=1::x',
  '::warning::x',
  '::set-output name=digest::sha256:x',
  '::save-state name=temp::x',
  '::set-env name=PATH::x',
  '::add-path::x',
  '::add-mask::a',
  '::endgroup::',
  '::stop-commands::mine',
  '::mine::',
  '::::',
  '::pause-logging::',
  '##[error]x',
  'text ##[set-output name=digest]x',
  'text\r::error::x',
]

describe('what a build prints', () => {
  scenario('cannot issue commands to the runner', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: evilDockerfile(), 'evil.txt': `${EVIL.join('\n')}\n` })
    const result = passed(checkInert(await world.build({ tags: `${world.id}:evil`, load: 'true' })))
    for (const line of EVIL) expect(result.stdout).toContain(line.split('\r').at(-1)?.trim())
    expect(result.outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(Object.keys(result.state).sort()).toEqual(['process', 'temp'])
    expect(showCommands(result, world)).toMatchSnapshot('commands')
  })

  scenario('nor can it when it fails', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: `${evilDockerfile()}RUN cat evil.txt >&2; exit 5\n`, 'evil.txt': `${EVIL.join('\n')}\n` })
    const result = checkInert(await world.build({ tags: `${world.id}:evil` }))
    expect(failed(result)).toContain('exit code: 5')
  })

  scenario('nor can the text of a Dockerfile, in the error that quotes it', async (world) => {
    await world.login(world.a)
    const lines = ['RUN <<EOF', ...EVIL.filter((line) => !line.includes('\r')), 'EOF']
    world.context({ Dockerfile: `FROM ${bed.base}\n${lines.join('\n')}\n` })
    const result = checkInert(await world.build({}))
    expect(failed(result)).toMatch(/^build: /)
    world.context({ Dockerfile: `FROM ${bed.base}\n::error::x\n##[error]x\n` })
    expect(failed(checkInert(await world.build({})))).toMatch(/^build: .*unknown instruction: ::error::x/)
  })

  scenario('nor can the values of inputs', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: `FROM ${bed.base}\nARG X\nRUN echo "$X"\n` })
    const result = await world.build({ 'build-args': '"X=1\n::error::x"', labels: '"note=1\n::error::x"' })
    passed(checkInert(result))
  })

  scenario('nor can the output of docker login', async (world) => {
    const said = EVIL.map((line) => `printf '%s\\n' '${line}'`).join('\n')
    const path = `${world.programs({ docker: `#!/bin/sh\n${said}\nexit 1\n` })}:${process.env.PATH}`
    const inputs = { registry: world.a.host, username: 'me', password: 'a secret of mine' }
    const result = await world.job.step('login', inputs, { env: { PATH: path } })
    expect(failed(result)).toMatch(/^login to /)
    expect(readCommands(result.stdout).map(({ name }) => name)).toEqual(['add-mask', 'add-mask', 'error'])
  })
})

describe('the passwords of both accounts', () => {
  scenario('stand in the masks and in what Docker keeps, and nowhere else', async (world) => {
    const { a, b, job } = world
    const steps = [await world.login(a), await world.login(b)]
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const inputs = { images: world.repository(), tags: '1', platforms: 'linux/amd64,linux/arm64', push: 'true', cache: 'registry' }
    steps.push(passed(await world.build(inputs)))
    // Docker keeps them in config.json, not encrypted, where no helper is; what stood there before lies beside it.
    expect(filesWith(job, [...formsOf(a), ...formsOf(b)])).toEqual(['docker/config.json'])
    steps.push(await world.build({ ...inputs, tags: '1,2', 'build-params': '--build-arg' }))
    steps.push(...(await job.posts()))
    expect(filesWith(job, [...formsOf(a), ...formsOf(b)])).toEqual([])
    for (const step of steps) for (const form of [...formsOf(a), ...formsOf(b)]) expect(unmasked(step)).not.toContain(form)
    expect(steps.map((step) => showCommands(step, world))).toMatchSnapshot('commands of login, login, build, failing build, four posts')
  })
})

function evilDockerfile(): string {
  return `FROM ${bed.base}\nCOPY evil.txt .\n${freshStep()}\nRUN cat evil.txt; cat evil.txt >&2\nRUN printf '::error::without an end'\n`
}

/** Of all that a step has printed, a runner carries out our own commands alone. */
function checkInert(result: StepResult): StepResult {
  const commands = [...readCommands(result.stdout), ...readCommands(result.stderr)]
  // Not vacuous: it is there, and would be carried out if it could be.
  expect(commands.some(({ live, message }) => !live && message.includes('x'))).toBe(true)
  const live = commands.filter((command) => command.live)
  const tokens = live.filter(({ name }) => name === 'stop-commands').map(({ message }) => message)
  expect(new Set(tokens).size).toBe(tokens.length)
  for (const token of tokens) expect(token).toMatch(/^[\w-]{16,}$/)
  const known = ['group', 'endgroup', 'stop-commands', 'error', 'warning', ...tokens]
  expect(live.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
  expect(live.filter(({ name }) => name === 'endgroup')).toHaveLength(live.filter(({ name }) => name === 'group').length)
  const told = live.filter(({ name }) => name === 'error' || name === 'warning').map(({ message }) => message)
  expect(told.filter((message) => message === 'x' || message === 'without an end')).toEqual([])
  expect(result.outputs.digest ?? '').not.toBe('sha256:x')
  return result
}

/** The files of a job in which one of the texts stands. */
function filesWith(job: Job, texts: readonly string[]): string[] {
  const folder = dirname(job.workspace)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => {
    const path = join(folder, name)
    const text = statSync(path).isFile() ? readFileSync(path, 'utf8') : ''
    return texts.some((each) => text.includes(each))
  })
}
