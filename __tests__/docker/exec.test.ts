import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { type ExecOptions, exec, StartError } from '../../src/docker/exec.ts'
import { makeFolder } from '../folder.ts'

const folder = makeFolder()

/** Runs a script in a node of its own. */
const node = (script: string, options?: ExecOptions) => exec([process.execPath, '-e', script], options)

describe('how it ended', () => {
  test.each([0, 1, 125])('exit code %i', async (code) => {
    expect(await node(`process.exitCode = ${code}`)).toEqual({ exitCode: code, endedBy: null, timedOut: false, stdout: '', stderr: '' })
  })

  test('an error on stderr is no failure, silence is no success', async () => {
    expect(await node('console.error("ERROR: all is lost")')).toMatchObject({ exitCode: 0, stdout: '', stderr: 'ERROR: all is lost\n' })
    expect(await node('process.exitCode = 7')).toMatchObject({ exitCode: 7, stderr: '' })
  })

  test('a process that ends itself by a signal has no exit code', async () => {
    expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({ exitCode: null, endedBy: 'SIGKILL', timedOut: false })
  })
})

describe('what cannot be started', () => {
  const fault = (command: string[]) => exec(command).catch((error: unknown) => error as StartError)

  test('a program that is not there', async () => {
    const error = await fault(['manifold-no-such-program', 'hunter2'])
    expect(error).toBeInstanceOf(StartError)
    expect(error).toMatchObject({
      program: 'manifold-no-such-program',
      message: 'cannot start manifold-no-such-program: it is not installed or not in PATH',
      cause: { code: 'ENOENT' },
    })
  })

  test('a file that may not be executed', async () => {
    const path = join(folder, 'plain')
    writeFileSync(path, '')
    expect(await fault([path])).toMatchObject({ message: `cannot start ${path}: it may not be executed` })
  })

  test('arguments that are too long', async () => {
    const error = await fault([process.execPath, 'x'.repeat(200_000)])
    expect(error).toBeInstanceOf(StartError)
    expect((error as StartError).message).toMatch(/: its arguments and environment are too long; hand large values over in files$/)
  })
})

test('arguments arrive as they are, with no shell in between', async () => {
  const args = ['$HOME', '`id`', '; exit 3', '"quoted"', "it's", 'two\nlines', '', '*', 'grüße']
  const { stdout } = await exec([process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args])
  expect(JSON.parse(stdout)).toEqual(args)
})

test('environment and folder are the given ones', async () => {
  const { stdout } = await node('console.log(process.cwd(), process.env.ONE, process.env.HOME)', { cwd: folder, env: { ONE: 'one' } })
  expect(stdout).toBe(`${folder} one undefined\n`)
})

describe('input', () => {
  test('arrives whole and is closed', async () => {
    const input = 'grüße\n'.repeat(50_000)
    const { stdout } = await node('let n = 0; process.stdin.on("data", (d) => (n += d.length)).on("end", () => console.log(n))', { input })
    expect(stdout).toBe(`${Buffer.byteLength(input)}\n`)
  })

  test('none is an empty one, not a wait', async () => {
    expect(await node('process.stdin.resume().on("end", () => console.log("end"))')).toMatchObject({ stdout: 'end\n' })
  })

  test('that nobody reads does no harm', async () => {
    expect(await node('process.exit(4)', { input: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 4 })
  })
})

describe('lines', () => {
  async function lines(script: string): Promise<string[][]> {
    const out: string[] = []
    const err: string[] = []
    await node(script, { onStdoutLine: (line) => out.push(line), onStderrLine: (line) => err.push(line) })
    return [out, err]
  }

  test('are put together over the borders of chunks, letters too', async () => {
    // Each byte comes in a chunk of its own, the end of the last line never.
    const script = `
      const bytes = Buffer.from('grüße ✓\\n\\nsecond\\r\\n😀 last')
      let at = 0
      const next = () => at < bytes.length && process.stdout.write(bytes.subarray(at, ++at), () => setImmediate(next))
      next()`
    expect(await lines(script)).toEqual([['grüße ✓', '', 'second', '😀 last'], []])
  })

  test('come from both streams apart', async () => {
    expect(await lines('console.log("out 1\\nout 2"); console.error("err 1"); process.stderr.write("err 2\\r")')).toEqual([
      ['out 1', 'out 2'],
      ['err 1', 'err 2'],
    ])
  })

  test('come while the program runs', async () => {
    const controller = new AbortController()
    const result = node('console.log("ready"); setInterval(() => {}, 1000)', {
      signal: controller.signal,
      onStdoutLine: () => controller.abort('SIGTERM'),
    })
    expect(await result).toMatchObject({ endedBy: 'SIGTERM', stdout: 'ready\n' })
  })

  test('are many: each is handed out, the last mebibyte is kept', async () => {
    let count = 0
    const { stdout } = await node('for (let i = 0; i < 30000; i++) console.log(String(i).padStart(99, "."))', {
      onStdoutLine: () => count++,
    })
    expect(count).toBe(30_000)
    expect(stdout).toHaveLength(1024 * 1024)
    expect(stdout.slice(-7)).toBe('.29999\n')
  })
})

describe('signals', () => {
  const waiting = 'for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => { console.log(name); process.exit(9) });'
  const ready = `${waiting} setInterval(() => {}, 1000); console.log("ready")`

  test.each([
    ['SIGINT', 'SIGINT'],
    ['SIGHUP', 'SIGHUP'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGKILL', 'SIGTERM'],
    [new Error('enough'), 'SIGTERM'],
  ])('%s is handed on as %s', async (reason, name) => {
    const controller = new AbortController()
    const onStdoutLine = (line: string) => line === 'ready' && controller.abort(reason)
    expect(await node(ready, { signal: controller.signal, onStdoutLine })).toMatchObject({ exitCode: 9, stdout: `ready\n${name}\n` })
  })

  test('one that came before the start ends the process at once', async () => {
    expect(await node('setInterval(() => {}, 1000)', { signal: AbortSignal.abort('SIGINT') })).toMatchObject({ endedBy: 'SIGINT' })
  })

  test('nothing listens any more afterwards', async () => {
    const controller = new AbortController()
    const add = jest.spyOn(controller.signal, 'addEventListener')
    const remove = jest.spyOn(controller.signal, 'removeEventListener')
    await node('', { signal: controller.signal })
    expect(remove.mock.calls).toEqual(add.mock.calls)
    expect(add).toHaveBeenCalledTimes(1)
  })

  test('a process that ignores them is killed after ten seconds, and a child of it is not waited for', async () => {
    // The sh is ended by SIGTERM, but leaves a child that holds the pipes; the clock is ours, the processes are real.
    jest.useFakeTimers({ now: 0, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] })
    try {
      const controller = new AbortController()
      let child = 0
      const done = exec(['sh', '-c', 'sleep 30 & echo $!; wait'], {
        signal: controller.signal,
        onStdoutLine: (line) => {
          child = Number(line)
          controller.abort('SIGTERM')
        },
      })
      let ended = false
      void done.finally(() => {
        ended = true
      })
      while (child === 0) await new Promise(setImmediate)
      await jest.advanceTimersByTimeAsync(9_900)
      expect(ended).toBe(false)
      await jest.advanceTimersByTimeAsync(200)
      expect(await done).toMatchObject({ endedBy: 'SIGTERM' })
      process.kill(child)
    } finally {
      jest.useRealTimers()
    }
  })
})

describe('timeout', () => {
  test('ends a process that takes too long', async () => {
    const started = Date.now()
    expect(await exec(['sleep', '20'], { timeout: 50 })).toMatchObject({ exitCode: null, endedBy: 'SIGTERM', timedOut: true })
    expect(Date.now() - started).toBeLessThan(5000)
  })

  test('does not touch one that is done in time', async () => {
    expect(await exec(['sleep', '0'], { timeout: 5000 })).toMatchObject({ exitCode: 0, timedOut: false })
  })
})
