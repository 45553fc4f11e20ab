import fc from 'fast-check'
import { PlainLog } from '../../src/docker/plain.ts'
import type { SolveStatus } from '../../src/docker/progress.ts'
import { type Recording, readRecording } from '../fixtures/progress/recording.ts'

const NAMES = ['platforms', 'cached', 'failing', 'link', 'pull']
const recordings = new Map(NAMES.map((name) => [name, readRecording(name)]))
const recording = (name: string) => recordings.get(name) as Recording

/** A piece of the log between two blank lines. */
interface Block {
  readonly index: number
  readonly name: string
  readonly lines: readonly string[]
}

const ENDING = /^(?:DONE(?: \d+\.\ds)?|CACHED|CANCELED|ERROR: .*)$/
const STAMPED = /^-?\d+\.\d{1,3} /

/** The blocks of a log; throws where it has not the form of a log. */
function parseLog(lines: readonly string[]): Block[] {
  if (lines.length === 0) return []
  return `${lines.join('\n')}\n`
    .replace(/\n$/, '')
    .split('\n\n#')
    .map((text, at) => {
      const [head = '', ...rest] = (at === 0 ? text : `#${text}`).split('\n')
      const [, number = '', name = ''] = /^#(\d+) (.*)$/.exec(head) ?? []
      const strange = rest.find((line) => !line.startsWith(`#${number} `))
      if (number === '' || strange !== undefined) throw new Error(`not a block: ${JSON.stringify(strange ?? head)}`)
      return { index: Number(number), name, lines: rest.map((line) => line.slice(number.length + 2)) }
    })
}

/** Replays a recording; `flushes` says after which events the log is brought up to date. */
function replay({ events }: Recording, flushes: (time: number, at: number) => boolean): string[] {
  const lines: string[] = []
  let clock = 0
  const log = new PlainLog(
    (line) => lines.push(line),
    () => clock,
  )
  for (const [at, { status, time }] of events.entries()) {
    clock = time || clock
    log.add(status)
    if (flushes(clock, at)) log.flush()
  }
  log.end()
  return lines
}

/** As the action does: the log is brought up to date every 150 ms. */
function every150(): (time: number) => boolean {
  let last = 0
  return (time) => {
    if (time - last < 150) return false
    last = time
    return true
  }
}

/** What stays of a block however it is cut: the program's own output, finished transfers, warnings, and the last ending. */
function facts(blocks: readonly Block[]): Record<string, { output: string[]; rest: string[]; ending: string | undefined }> {
  const names = [...new Set(blocks.map(({ name }) => name))]
  return Object.fromEntries(
    names.map((name) => {
      const lines = blocks.filter((block) => block.name === name).flatMap((block) => block.lines)
      const output = lines.filter((line) => STAMPED.test(line))
      const rest = lines.filter((line) => / done$|^WARN: /.test(line)).sort()
      return [name, { output, rest, ending: lines.findLast((line) => ENDING.test(line)) }]
    }),
  )
}

/** buildx shows a carriage return as it is; our log shows what a terminal would. */
const asTerminal = (line: string) => line.replace(/\r+$/, '').replace(/^(#\d+ \S+ ).*\r/s, '$1')

/** buildx's own text, without the summary of a failed step's output at its end. */
function plainOf({ plain }: Recording): Block[] {
  const end = plain.indexOf('------')
  return parseLog((end < 0 ? plain : plain.slice(0, end)).map(asTerminal))
}

describe.each(NAMES)('the recorded build "%s"', (name) => {
  const log = replay(recording(name), every150())

  test('has the same output, transfers and endings as in the text of buildx', () => {
    const ours = facts(parseLog(log))
    const theirs = facts(plainOf(recording(name)))
    expect(Object.keys(theirs).length).toBeGreaterThan(3)
    for (const [step, { output, rest, ending }] of Object.entries(theirs)) {
      // Of transfers buildx leaves some out: it takes those of the same name for one, whatever steps they belong to.
      expect({ step, ...ours[step] }).toEqual({ step, output, rest: expect.arrayContaining(rest), ending })
    }
  })

  test('has beyond it only steps of the client', () => {
    const theirs = new Set(plainOf(recording(name)).map((block) => block.name))
    const more = parseLog(log)
      .map((block) => block.name)
      .filter((each) => !theirs.has(each))
    for (const each of more) expect(each).toMatch(/^\[auth\] |^resolving provenance for metadata file$|^\[internal\] waiting /)
  })

  test('shows the same with any rhythm, nothing lost and nothing twice', () => {
    const expected = facts(parseLog(log))
    const rhythm = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(rhythm, (pattern) => {
        const blocks = parseLog(replay(recording(name), (_, at) => pattern[at % pattern.length] ?? false))
        expect(facts(blocks)).toEqual(expected)
        // Numbers follow the order of appearance, and each stands for one name.
        const indexes = [...new Set(blocks.map(({ index }) => index))]
        expect(indexes).toEqual(indexes.map((_, at) => at + 1))
        expect(new Set(blocks.map((block) => `${block.index} ${block.name}`)).size).toBe(indexes.length)
      }),
      { numRuns: 40 },
    )
  })

  test('names a step once in each block, and ends every step', () => {
    const blocks = parseLog(log)
    for (const block of blocks) expect(block.lines).not.toContain(block.name)
    // A block is left with "..." or with its ending, and nothing stands after an ending.
    for (const block of blocks) {
      expect(block.lines.slice(0, -1).filter((line) => line === '...')).toEqual([])
      expect(block.lines.at(-1)).toMatch(/^\.\.\.$|^DONE |^CACHED$|^CANCELED$|^ERROR: /)
      expect(block.lines.filter((line) => ENDING.test(line)).length).toBeLessThanOrEqual(1)
    }
    for (const { ending } of Object.values(facts(blocks))) expect(ending).toMatch(ENDING)
  })
})

describe('what the recordings show', () => {
  const textOf = (name: string) => replay(recording(name), every150()).join('\n')
  const block = (name: string, part: string) => parseLog(replay(recording(name), () => false)).find((each) => each.name.includes(part))

  test('output of a program, letter by letter', () => {
    const lines = block('platforms', 'linux/arm64 one 2/3')?.lines.map((line) => line.replace(STAMPED, ''))
    expect(lines).toEqual(['for aarch64', 'half a line', '100%', 'dos', 'oops', expect.stringMatching(/^DONE \d/)])
    const second = block('platforms', 'linux/amd64 one 3/3')?.lines.map((line) => line.replace(STAMPED, ''))
    expect(second).toEqual(['', 'grüße ✓', 'no end', expect.stringMatching(/^DONE \d/)])
  })

  test('a build from the cache', () => {
    expect(textOf('cached').match(/^#\d+ CACHED$/gm)?.length).toBeGreaterThanOrEqual(8)
    expect(textOf('cached')).not.toMatch(/grüße ✓$/m)
  })

  test('a step that fails, and the one that is broken off for it', () => {
    expect(block('failing', 'exit 3')?.lines).toEqual([
      expect.stringMatching(/^0\.\d+ before$/),
      expect.stringMatching(/^0\.\d+ last words$/),
      'ERROR: process "/bin/sh -c echo before && sleep 0.5 && echo \'last words\' >&2 && exit 3" did not complete successfully: exit code: 3',
    ])
    expect(block('failing', 'echo slow')?.lines.at(-1)).toBe('CANCELED')
  })

  test('a base that is resolved first and pulled later ends with the time of both', () => {
    const from = parseLog(replay(recording('pull'), () => true)).filter(({ name }) => name.startsWith('[linux/amd64 1/2] FROM'))
    const endings = from.flatMap(({ lines }) => lines.filter((line) => ENDING.test(line)))
    expect(endings.length).toBeGreaterThan(1)
    expect(Number(/[\d.]+/.exec(endings.at(-1) ?? '')?.[0])).toBeGreaterThan(Number(/[\d.]+/.exec(endings[0] ?? '')?.[0]))
    expect(from.flatMap(({ lines }) => lines).join('\n')).toMatch(/^sha256:\w+ 40\.\d\dMB \/ 40\.\d\dMB \d\.\ds done$/m)
  })

  test('warnings about the Dockerfile', () => {
    expect(textOf('pull')).toMatch(/^#\d+ WARN: FromAsCasing: 'as' and 'FROM' keywords' casing do not match \(line 1\)$/m)
  })

  test('a linked copy is one step, whatever it is made of', () => {
    expect(textOf('link')).toMatch(/^#\d+ \[linux\/amd64 stage-1 \d\/5\] COPY --link a b \/two\/$/m)
    expect(textOf('link')).not.toMatch(/LINK COPY/)
  })
})

describe('who holds the log', () => {
  const at = (milliseconds: number) => new Date(Date.UTC(2026, 10, 21) + milliseconds).toISOString()
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const start = (digest: string, time = 0) => ({ digest, name: `RUN ${digest}`, started: at(time) })
  const done = (digest: string, time: number, from = 0) => ({ ...start(digest, from), completed: at(time) })
  const say = (vertex: string, text: string, time: number) => ({ vertex, data: base64(text), timestamp: at(time) })

  function makeLog() {
    const lines: string[] = []
    const state = { now: 0 }
    const log = new PlainLog(
      (line) => lines.push(line),
      () => state.now,
    )
    return {
      /** Takes an event at a time, shows what is ready, and gives the new lines. */
      add(now: number, status: SolveStatus = {}): string[] {
        state.now = now
        log.add(status)
        log.flush()
        return lines.splice(0)
      },
      end(): string[] {
        log.end()
        return lines.splice(0)
      },
    }
  }

  test('a step that runs and says nothing is announced', () => {
    const log = makeLog()
    expect(log.add(0, { vertexes: [start('a')] })).toEqual(['#1 RUN a'])
    expect(log.add(1000)).toEqual([])
  })

  test('output of others waits five seconds, then takes over', () => {
    const log = makeLog()
    log.add(0, { vertexes: [start('a'), start('b')] })
    expect(log.add(1000, { logs: [say('a', 'a 1\n', 1000)] })).toEqual(['#1 1.000 a 1'])
    expect(log.add(2000, { logs: [say('b', 'b 1\n', 2000)] })).toEqual([])
    expect(log.add(3000, { logs: [say('a', 'a 2\n', 3000)] })).toEqual(['#1 3.000 a 2'])
    expect(log.add(7000, { logs: [say('b', 'b 2\n', 7000)] })).toEqual([])
    // No event is needed for it: a build that hangs shows what it has.
    expect(log.add(7001)).toEqual(['#1 ...', '', '#2 RUN b', '#2 2.000 b 1', '#2 7.000 b 2'])
    expect(log.add(8000, { vertexes: [done('b', 8000)] })).toEqual(['#2 DONE 8.0s', '', '#1 RUN a'])
  })

  test('a step that ended is shown at once, and the log goes back', () => {
    const log = makeLog()
    log.add(0, { vertexes: [start('a')], logs: [say('a', 'a 1\n', 0)] })
    expect(log.add(500, { vertexes: [done('b', 500)] })).toEqual(['#1 ...', '', '#2 RUN b', '#2 DONE 0.5s', '', '#1 RUN a'])
    expect(log.add(600, { vertexes: [done('a', 600)] })).toEqual(['#1 DONE 0.6s'])
    expect(log.end()).toEqual([])
  })

  test('steps that ended are shown in the order of their ends', () => {
    const log = makeLog()
    const lines = log.add(900, { vertexes: [done('a', 800), done('b', 700), done('c', 600)] })
    expect(lines.filter((line) => line.includes('RUN'))).toEqual(['#1 RUN c', '#2 RUN b', '#3 RUN a'])
  })

  test('the end of a line is waited for, but not at the end', () => {
    const log = makeLog()
    log.add(0, { vertexes: [start('a')] })
    expect(log.add(100, { logs: [say('a', 'half', 100)] })).toEqual([])
    expect(log.add(200, { logs: [say('a', ' a line\nrest', 200)] })).toEqual(['#1 0.100 half a line'])
    expect(log.end()).toEqual(['#1 0.200 rest'])
    expect(log.end()).toEqual([])
  })

  test('a letter that is cut in two is put together', () => {
    const log = makeLog()
    const bytes = Buffer.from('ü\n')
    const cut = [bytes.subarray(0, 1), bytes.subarray(1)].map((part) => ({ vertex: 'a', data: part.toString('base64'), timestamp: at(0) }))
    log.add(0, { vertexes: [start('a')] })
    expect(log.add(0, { logs: cut })).toEqual(['#1 0.000 ü'])
  })

  test.each([
    ['10%\r50%\r100%\n', '100%'],
    ['dos\r\n', 'dos'],
    ['dos\r\r\n', 'dos'],
    ['\r\n', ''],
    ['  indented  \n', '  indented  '],
    ['\ta\u001b[31mb\n', '\ta\u001b[31mb'],
  ])('of the line %j is shown %j', (text, shown) => {
    const log = makeLog()
    log.add(0, { vertexes: [start('a')] })
    expect(log.add(0, { logs: [say('a', text, 0)] })).toEqual([`#1 0.000 ${shown}`])
  })

  test.each([
    [0, '0.000'],
    [9_999, '9.999'],
    [12_345, '12.35'],
    [123_456, '123.5'],
  ])('a line after %i ms is stamped %s', (time, stamp) => {
    const log = makeLog()
    log.add(time, { vertexes: [start('a')] })
    expect(log.add(time, { logs: [say('a', 'x\n', time)] })).toEqual([`#1 ${stamp} x`])
  })

  test('a name of several lines is one line', () => {
    expect(makeLog().add(0, { vertexes: [{ ...start('a'), name: 'RUN <<EOF\nmake\nEOF' }] })).toEqual(['#1 RUN <<EOF make EOF'])
  })

  test('a transfer is shown again when it has moved by a twentieth, or after five seconds, and when it is done', () => {
    const log = makeLog()
    const transfer = (current: number, time: number, end = false) => ({
      statuses: [
        {
          id: 'sha256:1',
          vertex: 'a',
          current,
          total: 2_000_000,
          timestamp: at(time),
          started: at(0),
          ...(end ? { completed: at(time) } : {}),
        },
      ],
    })
    log.add(0, { vertexes: [start('a')] })
    expect(log.add(1, transfer(0, 1))).toEqual(['#1 sha256:1 0B / 2.00MB'])
    expect(log.add(100, transfer(99_999, 100))).toEqual([])
    expect(log.add(200, transfer(100_000, 200))).toEqual(['#1 sha256:1 100.00kB / 2.00MB 0.2s'])
    expect(log.add(5100, transfer(100_001, 5100))).toEqual([])
    expect(log.add(5200, transfer(100_002, 5200))).toEqual(['#1 sha256:1 100.00kB / 2.00MB 5.2s'])
    // The step has ended, but the transfer not yet: its end is not said twice.
    expect(log.add(5300, { vertexes: [done('a', 5300)] })).toEqual([])
    expect(log.add(5400, transfer(2_000_000, 5400, true))).toEqual(['#1 sha256:1 2.00MB / 2.00MB 5.4s done', '#1 DONE 5.3s'])
  })

  test('a transfer that is never reported to its end does not keep a step open for ever', () => {
    const log = makeLog()
    log.add(0, { vertexes: [start('a')], statuses: [{ id: 'x', vertex: 'a', timestamp: at(0), started: at(0) }] })
    expect(log.add(1, { vertexes: [{ ...done('a', 1), error: 'context canceled' }] })).toEqual([])
    expect(log.end()).toEqual(['#1 CANCELED'])
  })

  test.each([
    [{}, 'DONE 1.0s'],
    [{ cached: true }, 'CACHED'],
    [{ error: 'exit code: 2' }, 'ERROR: exit code: 2'],
    [{ error: 'failed: context canceled' }, 'CANCELED'],
    [{ error: '' }, 'DONE 1.0s'],
  ])('a step with %j ends with %s', (more, ending) => {
    expect(makeLog().add(1000, { vertexes: [{ ...done('a', 1000), ...more }] })).toEqual(['#1 RUN a', `#1 ${ending}`])
  })

  test('an event that comes twice is shown once', () => {
    const log = makeLog()
    expect(log.add(1000, { vertexes: [{ digest: 'a', name: 'RUN a' }, done('a', 1000)] })).toHaveLength(2)
    expect(log.add(1100, { vertexes: [{ digest: 'a', name: 'RUN a' }, done('a', 1000)] })).toEqual([])
  })

  test('runs that overlap count once, breaks between them not at all', () => {
    const log = makeLog()
    log.add(0, { vertexes: [done('a', 1000)] })
    expect(log.add(9, { vertexes: [done('a', 1500, 500), done('a', 9000, 8000)] }).at(-1)).toBe('#1 DONE 2.5s')
  })

  describe('a group', () => {
    const member = (digest: string, time: [number, number?] | [], weak?: true) => ({
      digest,
      name: `part ${digest}`,
      ...(time[0] === undefined ? {} : { started: at(time[0]) }),
      ...(time[1] === undefined ? {} : { completed: at(time[1]) }),
      progressGroup: { id: 'g', name: 'COPY --link', ...(weak ? { weak } : {}) },
    })

    test('is one step with the time of its parts', () => {
      const log = makeLog()
      expect(log.add(0, { vertexes: [member('a', [0])] })).toEqual(['#1 COPY --link'])
      expect(log.add(1, { vertexes: [member('a', [0, 1000]), member('b', [5000])], logs: [say('b', 'from b\n', 5000)] })).toEqual([
        '#1 0.000 from b',
      ])
      expect(log.add(2, { vertexes: [member('b', [5000, 5500])] })).toEqual(['#1 DONE 1.5s'])
    })

    test('is not shown for a part that it shares', () => {
      const log = makeLog()
      expect(log.add(0, { vertexes: [member('a', [0, 1000], true), member('b', [])] })).toEqual([])
      expect(log.add(0, { vertexes: [member('b', [2000, 2500])] })).toEqual(['#1 COPY --link', '#1 DONE 1.5s'])
    })

    test('is cached if all of its parts are, and fails with one of them', () => {
      const cached = (digest: string) => ({ ...member(digest, [0, 0]), cached: true })
      expect(makeLog().add(0, { vertexes: [cached('a'), cached('b')] })).toContain('#1 CACHED')
      expect(makeLog().add(0, { vertexes: [cached('a'), member('b', [0, 0])] })).toContain('#1 DONE 0.0s')
      expect(makeLog().add(0, { vertexes: [cached('a'), { ...member('b', [0, 0], true), error: 'no' }] })).toContain('#1 ERROR: no')
    })
  })

  test('events of a vertex that is not known do no harm', () => {
    expect(makeLog().add(0, { logs: [say('x', 'a\n', 0), {}], statuses: [{ id: 'y' }], warnings: [{}] })).toEqual([])
  })
})
