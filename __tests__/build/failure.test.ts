import { explainBuild, type FailedBuild } from '../../src/build/failure.ts'
import { Progress, type Step } from '../../src/docker/progress.ts'
import { readRecording } from '../fixtures/progress/recording.ts'

const explain = (more: Partial<FailedBuild>) => explainBuild({ exitCode: 1, endedBy: null, steps: [], plain: [], ...more })
const step = (name: string, error?: string): Step => ({
  digest: name,
  name,
  completed: true,
  cached: false,
  log: [],
  ...(error === undefined ? {} : { error }),
})

test('a recorded build: the step, its place in the Dockerfile, the reason', () => {
  const { events, text } = readRecording('failing')
  const progress = new Progress()
  for (const { status } of events) progress.add(status)
  const run = "echo before && sleep 0.5 && echo 'last words' >&2 && exit 3"
  expect(explain({ steps: progress.steps(), plain: text })).toBe(
    `build: step "[stage-1 2/3] RUN ${run}" failed (Dockerfile:4): process "/bin/sh -c ${run}" did not complete successfully: exit code: 3`,
  )
})

describe('which step is blamed', () => {
  test('one without a place is named alone', () => {
    expect(explain({ steps: [step('[2/2] RUN x', 'exit code: 1')] })).toBe('build: step "[2/2] RUN x" failed: exit code: 1')
  })

  test('its name and error are one line', () => {
    expect(explain({ steps: [step('[2/2] RUN <<EOF\n  make\nEOF', 'exit\ncode: 1')] })).toBe(
      'build: step "[2/2] RUN <<EOF make EOF" failed: exit code: 1',
    )
  })

  test('not one that was cancelled for it', () => {
    expect(explain({ steps: [step('[1/2] RUN a', 'context canceled'), step('[2/2] RUN b', 'exit code: 2')] })).toContain('"[2/2] RUN b"')
  })

  test('the one that was cancelled before it told its error has the error that buildx tells', () => {
    const plain = ['Dockerfile:2', '--------------------', 'ERROR: failed to build: failed to solve: "/absent": not found']
    expect(explain({ steps: [step('[2/2] COPY absent /', 'context canceled: context canceled')], plain })).toBe(
      'build: step "[2/2] COPY absent /" failed (Dockerfile:2): "/absent": not found',
    )
  })

  test('not one whose fault did not end the build', () => {
    const steps = [step('importing cache manifest from x', 'not found'), step('[2/2] RUN b', 'exit code: 2')]
    expect(explain({ steps, plain: ['ERROR: failed to build: failed to solve: exit code: 2'] })).toContain('"[2/2] RUN b"')
  })

  test('not one of BuildKit itself: then the error counts', () => {
    const steps = [
      step('[internal] load build definition from Dockerfile', 'failed to read dockerfile: open Dockerfile: no such file or directory'),
    ]
    const plain = ['ERROR: failed to build: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory']
    const line = 'build: failed to read dockerfile: open Dockerfile: no such file or directory; check the inputs context and file'
    expect(explain({ steps, plain })).toBe(line)
    expect(explain({ steps })).toBe(line)
  })
})

describe('without a step', () => {
  test.each<[string, Partial<FailedBuild>, string]>([
    ['the last error', { plain: ['ERROR: first', 'text', 'ERROR: failed to solve: second', 'View build details'] }, 'build: second'],
    ['an error in small letters', { plain: ['error: invalid reference'] }, 'build: invalid reference'],
    ['the last line, where there is no error', { plain: ['unknown flag: --x', ''] }, 'build: unknown flag: --x'],
    ['silence', {}, 'build: buildx ended with exit code 1 and said nothing; run the command above by hand'],
    [
      'blank lines',
      { plain: ['', ' '], exitCode: 125 },
      'build: buildx ended with exit code 125 and said nothing; run the command above by hand',
    ],
    [
      'a signal',
      { exitCode: null, endedBy: 'SIGKILL' },
      'build: buildx was ended by SIGKILL and said nothing; run the command above by hand',
    ],
  ])('%s', (_, failed, line) => {
    expect(explain(failed)).toBe(line)
  })
})

test.each([
  ['exec /bin/sh: exec format error', 'the machine cannot run this platform: set up its emulation before the build'],
  [
    'a.io/app:1: no match for platform in manifest: not found',
    'the base image has no such platform: take another base or leave the platform out of the input platforms',
  ],
  [
    'a.io/app:1: failed to resolve source metadata: unexpected status from HEAD request to https://a.io/v2/app/manifests/1: 401 Unauthorized',
    'sign in to that registry with the login action before this step',
  ],
  ['failed to push a.io/app:1: push access denied, repository does not exist or may require authorization', 'sign in to that registry'],
  ['failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden', 'sign in to that registry'],
  ['write /var/lib/docker/x: no space left on device', 'free disk space on the machine of the builder'],
  [
    'failed to do request: Head "https://a.io/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'check that the registry is up and can be reached from the builder',
  ],
  ['dial tcp: lookup a.io: no such host', 'check that the registry is up'],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'start the docker engine'],
  ['no builder "x" found', 'check the input builder'],
  [
    'Multi-platform build is not supported for the docker driver',
    "this engine's image store cannot do it: switch it to the containerd image store",
  ],
  ['Cache export is not supported for the docker driver', "this engine's image store cannot do it"],
])('%s: what to do is said', (error, advice) => {
  expect(explain({ plain: [`ERROR: failed to solve: ${error}`] }).startsWith(`build: ${error}; `)).toBe(true)
  expect(explain({ plain: [`ERROR: failed to solve: ${error}`] })).toContain(`; ${advice}`)
  expect(explain({ steps: [step('[1/2] FROM a.io/app:1', error)] })).toContain(`; ${advice}`)
})

test.each([
  'process "/bin/sh -c make" did not complete successfully: exit code: 2',
  'dockerfile parse error on line 1: unknown instruction: FORM',
])('%s: nothing is added', (error) => {
  expect(explain({ plain: [`ERROR: failed to solve: ${error}`] })).toBe(`build: ${error}`)
})

describe('a program that fails', () => {
  const failed = (command: string, last: string) =>
    explain({
      steps: [
        { ...step('[2/2] RUN x', `process "/bin/sh -c ${command}" did not complete successfully: exit code: 1`), log: ['first', last] },
      ],
    })

  test.each([
    ['exec /bin/sh: exec format error', '; the machine cannot run this platform: set up its emulation before the build'],
    ['cp: write error: No space left on device', '; free disk space on the machine of the builder'],
    ['curl: 401 unauthorized', ''],
    ['', ''],
  ])('with the last words %j', (last, advice) => {
    expect(failed('make', last).endsWith(`exit code: 1${advice}`)).toBe(true)
  })

  test('is not advised by the words of its command', () => {
    expect(failed('echo 403 denied; cat Dockerfile: no such file or directory', 'done').endsWith('exit code: 1')).toBe(true)
  })
})

test("the words of another program that an error quotes, and what to do about git's", () => {
  const plain = [
    'ERROR: failed to build: failed to solve: failed to read dockerfile: failed to fetch remote http://git.example/app.git: git stderr:',
    "fatal: could not read Username for 'http://git.example': terminal prompts disabled",
    ': exit status 128',
  ]
  expect(explain({ plain })).toBe(
    "build: failed to read dockerfile: failed to fetch remote http://git.example/app.git: git stderr: fatal: could not read Username for 'http://git.example': terminal prompts disabled : exit status 128; give a token that may read the repository in the input github-token, or as the secret GIT_AUTH_TOKEN",
  )
})
