import { bed, failed, passed, scenario, type World } from './bed.ts'
import { readCommands, showCommands } from './commands.ts'

// What a Dockerfile, or a base image of somebody else's, may print to make the runner do things.
const HOSTILE = [
  '::error::forged',
  '::warning file=x,line=1::forged',
  '::set-output name=digest::forged',
  '::save-state name=temp::/etc',
  '::add-mask::a',
  '::stop-commands::forged',
  '::forged::',
  '##[error]forged',
  '   ::notice::forged',
]

describe('what a build prints cannot tell the runner anything', () => {
  scenario('commands in the output of a RUN, of a build that succeeds', async (world) => {
    const result = passed(await print(world, ''))

    for (const line of HOSTILE) expect(result.stdout).toContain(line.trim())
    expect(live(result.stdout)).toEqual([])
    expect(showCommands(result, world)).toMatchSnapshot('commands')
    expect(JSON.stringify(result.outputs)).not.toContain('forged')
  })

  scenario('commands in the output of a RUN that fails, which is shown again in the error', async (world) => {
    const result = await print(world, ' && exit 7')

    expect(failed(result)).toMatch(/exit code: 7/)
    expect(live(result.stdout).filter(({ name }) => name !== 'error')).toEqual([])
    expect(readCommands(result.stdout).filter(({ name, live }) => live && name === 'error')).toHaveLength(1)
    expect(Object.keys(result.state).sort()).toEqual(['process', 'temp'])
  })

  scenario('commands in the name of a step, and in the values of inputs', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: `FROM ${bed.base}\nARG X\nRUN true \\\n::error::forged\n` })

    const result = await world.build({ 'build-args': '"X=1\n::error::forged"', labels: '"note=1\n::error::forged"' })

    expect(live(result.stdout).filter(({ name, message }) => name !== 'error' || /^forged/.test(message))).toEqual([])
  })
})

/** The commands that a runner would carry out, but for ours. */
function live(stdout: string) {
  const ours = new Set(['add-mask', 'group', 'endgroup', 'stop-commands'])
  const tokens = new Set([...stdout.matchAll(/^::stop-commands::(.+)$/gm)].map(([, token]) => token))
  return readCommands(stdout).filter(({ name, live, message }) => {
    return live && !tokens.has(name) && !(ours.has(name) && !/^(?:a|forged)$/.test(message))
  })
}

/** Builds an image whose RUN prints what is hostile. */
async function print(world: World, then: string) {
  await world.login(world.a)
  world.context({
    Dockerfile: `FROM ${bed.base}\nCOPY lines /lines\nRUN cat /lines && echo ${world.id}${then}\n`,
    lines: `${HOSTILE.join('\n')}\n`,
  })
  return world.build({})
}
