import { jest } from '@jest/globals'
import { describe as describeError, foreignGroup, maskSecret } from '../../src/runner/log.ts'

/** What `work` prints, as a runner sees it. */
async function printed(work: () => unknown): Promise<string> {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  try {
    await work()
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
  }
}

describe('describe', () => {
  const cause = (message: string, more?: unknown) => new Error(message, more === undefined ? {} : { cause: more })

  test.each<[string, unknown, string]>([
    ['a message', cause('input tags: is empty'), 'input tags: is empty'],
    ['its causes', cause('cannot reach a.io', cause('connect', cause('refused'))), 'cannot reach a.io: connect: refused'],
    ['a cause that says the same', cause('input tags: "x" is not a tag', cause('"x" is not a tag')), 'input tags: "x" is not a tag'],
    ['a cause that says nothing', cause('cannot start docker', cause('')), 'cannot start docker'],
    ['a cause that is no error', cause('cannot reach a.io', 'refused'), 'cannot reach a.io: refused'],
    ['what is no error', 'text', 'text'],
    ['several lines', cause('first\n  second\r\n\nthird '), 'first second third'],
    [
      'several faults at once',
      cause('cannot reach localhost', new AggregateError([cause('refused ::1'), cause('refused 127.0.0.1')])),
      'cannot reach localhost: refused ::1, refused 127.0.0.1',
    ],
    ['several faults with a message', new AggregateError([cause('a')], 'all failed'), 'all failed'],
    ['nothing', undefined, ''],
    ['five causes at most', cause('1', cause('2', cause('3', cause('4', cause('5', cause('6')))))), '1: 2: 3: 4: 5'],
  ])('gives %s', (_, error, text) => {
    expect(describeError(error)).toBe(text)
  })

  test('ends with a cause that is its own', () => {
    const error: Error = new Error('round')
    error.cause = error
    expect(describeError(error)).toBe('round')
  })
})

describe('maskSecret', () => {
  test.each<[string, string[]]>([
    ['pw', ['pw']],
    [' pw ', [' pw ', 'pw']],
    ['line 1\nline 2', ['line 1%0Aline 2', 'line 1', 'line 2']],
    ['a\r\n\n b\n', ['a%0D%0A%0A b%0A', 'a%0D%0A%0A b', 'a', 'b']],
    ['50%', ['50%25']],
    ['', []],
    [' \n', []],
  ])('masks %j and each of its lines', async (secret, masks) => {
    expect(await printed(() => maskSecret(secret))).toBe(masks.map((mask) => `::add-mask::${mask}\n`).join(''))
  })
})

describe('foreignGroup', () => {
  test('prints the output of others with the commands of the runner switched off', async () => {
    const text = await printed(() =>
      foreignGroup('Build', async (print) => {
        print('::set-output name=x::evil')
        print('::add-path::/evil')
      }),
    )
    const token = /::stop-commands::([0-9a-f-]{36})\n/.exec(text)?.[1]
    expect(text).toBe(
      `::group::Build\n::stop-commands::${token}\n::set-output name=x::evil\n::add-path::/evil\n::${token}::\n::endgroup::\n`,
    )
  })

  test('switches them on again after a fault, gives the value, and never uses a token twice', async () => {
    const text = await printed(async () => {
      await expect(foreignGroup('Build', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
      expect(await foreignGroup('Again', () => Promise.resolve(42))).toBe(42)
    })
    const tokens = [...text.matchAll(/::stop-commands::(.*)\n/g)].map(([, token]) => token)
    expect(new Set(tokens).size).toBe(2)
    for (const token of tokens) expect(text).toContain(`\n::${token}::\n::endgroup::\n`)
  })
})
