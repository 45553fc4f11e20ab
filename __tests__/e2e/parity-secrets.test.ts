import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bed, failed, freshStep, inWorld, passed, scenario } from './bed.ts'
import { readCommands, unmasked } from './commands.ts'

/** A step that shows the SHA-256 of a secret: what it is, and nothing of it. */
const show = (id: string) => `RUN --mount=type=secret,id=${id} echo "${id} $(sha256sum < /run/secrets/${id} | cut -c1-64)"`

// https://docs.docker.com/build/ci/github-actions/secrets/
describe('secrets', () => {
  scenario('text, several lines, trailing newlines, quotes, files and variables arrive as they are', async (world) => {
    await world.login(world.a)
    const values: Record<string, string> = {
      TOKEN: 'abcdefghi,jklmno=0123456789==',
      MULTILINE: 'aaaaaaaa\nbbbbbbb\nccccccccc',
      EMPTYLINE: 'aaaa\n\nbbbb\nccc',
      TRAILING: '-----BEGIN KEY-----\nabcd\n-----END KEY-----\n\n',
      JSON: '{\n  "user": "me",\n  "list": [1,"two",3]\n}',
      QUOTE: 'p@ss,"word',
      FILE: 'from a file\n',
      VARIABLE: 'from the environment',
    }
    const { FILE = '', VARIABLE = '', TOKEN, QUOTE, ...quoted } = values
    world.context({
      Dockerfile: [`FROM ${bed.base}`, freshStep(), ...Object.keys(values).map(show)].join('\n'),
      'a secret, file.txt': FILE,
    })
    const entries = Object.entries(quoted).map(([id, value]) => `"${id}=${value.replaceAll('"', '""')}"`)
    const result = passed(
      await world.build(
        {
          secrets: [`TOKEN=${TOKEN}`, ...entries, `QUOTE=${QUOTE}`].join('\n'),
          'secret-files': 'FILE=a secret, file.txt',
          'secret-envs': 'VARIABLE=THE_VARIABLE',
        },
        {
          env: { THE_VARIABLE: VARIABLE },
        },
      ),
    )
    for (const [id, value] of Object.entries(values)) {
      expect(result.stdout).toContain(`${id} ${createHash('sha256').update(value).digest('hex')}`)
    }
    const masked = readCommands(result.stdout).filter(({ name }) => name === 'add-mask')
    expect(masked.map(({ message }) => message)).toEqual(
      expect.arrayContaining([TOKEN, 'bbbbbbb', '-----END KEY-----', '"user": "me",', QUOTE]),
    )
    expect(masked.map(({ message }) => message)).not.toContain('{')
    for (const value of [TOKEN, QUOTE, 'ccccccccc', 'abcd\n']) expect(unmasked(result)).not.toContain(value)
    expect(readdirSync(world.job.temp, { recursive: true }).filter((name) => String(name).includes('secret'))).toEqual([])
    await world.job.posts()
    expect(readdirSync(world.job.temp)).toEqual([])
  })

  scenario('the files are for their owner alone, and are gone after the build', async (world) => {
    const looked = join(world.folder, 'looked')
    // Stands for buildx, and looks at the file it is handed.
    const bin = world.programs({
      'docker-buildx': `#!/bin/sh\nfor each in "$@"; do case "$each" in id=*,src=*) stat -c '%a %F' "\${each#*src=}" "$(dirname "\${each#*src=}")" >> '${looked}';; esac; done\nexec ${bed.tools.buildx ?? '/usr/libexec/docker/cli-plugins/docker-buildx'} "$@"\n`,
    })
    writeFileSync(join(world.job.dockerConfig, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [bin] }), { mode: 0o600 })
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    passed(await world.build({ secrets: 'A=hunter22' }))
    expect(existsSync(looked) ? readFileSync(looked, 'utf8') : '').toBe('600 regular file\n700 directory\n')
  })

  test.each<[Record<string, string>, string]>([
    [
      { secrets: 'A=1234\nhunter22' },
      'input secrets, line 2: the entry has no key; write it as key=text, and put double quotes around an entry that spans lines',
    ],
    [
      { secrets: 'KEY=' },
      'input secrets, line 1: "KEY" has no value (secrets are empty in pull requests from forks); write it as key=text, or leave the line out',
    ],
    [{ secrets: '"A=hunter22' }, 'input secrets: line 1: a quoted entry is not closed; end it with a double quote'],
    [{ 'secret-envs': 'hunter22' }, 'input secret-envs, line 1: the entry has no key; write it as key=NAME_OF_VARIABLE'],
    [
      { 'secret-files': 'KEY=missing.txt' },
      'input secret-files: there is no file "missing.txt" for "KEY"; check the path, which counts from the workspace',
    ],
  ])('%j is an error without the text', async (inputs, message) => {
    await inWorld(async (world) => {
      world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
      const result = await world.build(inputs)
      expect(failed(result)).toBe(message)
      expect(unmasked(result)).not.toContain('hunter22')
    })
  })
})
