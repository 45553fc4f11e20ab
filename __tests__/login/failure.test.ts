import type { ExecResult } from '../../src/docker/exec.ts'
import { explainLogin } from '../../src/login/failure.ts'

const account = { server: 'a.io', registry: 'a.io', key: 'a.io', username: 'me', password: 'hunter2' }
const explain = (stderr: string, more: Partial<ExecResult> = {}) =>
  explainLogin(account, { exitCode: 1, endedBy: null, timedOut: false, stdout: '', stderr, ...more })

test.each([
  // As docker 28 prints them.
  [
    'Error response from daemon: Get "https://a.io/v2/": unauthorized: incorrect username or password',
    'user name or password refused for "me"; check the inputs username and password, and that the token has not expired',
  ],
  [
    'Error response from daemon: login attempt to http://a.io/v2/ failed with status: 401 Unauthorized',
    'user name or password refused for "me"',
  ],
  [
    'Error response from daemon: Get "https://a.io/v2/": denied: requested access to the resource is denied',
    'user name or password refused',
  ],
  ['failed with status: 403 Forbidden', 'user name or password refused'],
  [
    'Error response from daemon: Get "https://a.io/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'cannot be reached; check the input registry and the network',
  ],
  ['Error response from daemon: Get "https://a.io/v2/": dial tcp: lookup a.io on 127.0.0.53:53: no such host', 'cannot be reached'],
  [
    'Get "https://a.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'cannot be reached',
  ],
  ['Get "https://a.io/v2/": net/http: TLS handshake timeout', 'cannot be reached'],
  ['Get "https://a.io/v2/": EOF', 'cannot be reached'],
  ['Get "https://a.io/v2/": context deadline exceeded', 'cannot be reached'],
  [
    'Get "https://a.io/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'its certificate is not trusted; add its authority to /etc/docker/certs.d/a.io/ca.crt',
  ],
  [
    'Get "https://a.io/v2/": http: server gave HTTP response to HTTPS client',
    'it speaks plain HTTP, which the engine refuses; use HTTPS, or list it under insecure-registries',
  ],
  [
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.51/auth": dial unix',
    'the docker engine cannot be used; start it, or give this user access to its socket',
  ],
  ['failed to connect: dial unix /var/run/docker.sock: connect: no such file or directory', 'the docker engine cannot be used'],
])('%s', (said, message) => {
  const line = explain(`${said}\n`)
  expect(line.startsWith(`login to a.io: ${message}`)).toBe(true)
  expect(line.endsWith(`(${said})`)).toBe(true)
})

test.each<[string, string, Partial<ExecResult>, string]>([
  [
    'anything else is quoted',
    'Error saving credentials: no space left',
    {},
    'login to a.io: docker login ended with exit code 1: Error saving credentials: no space left',
  ],
  ['silence', '', {}, 'login to a.io: docker login ended with exit code 1 and said nothing; run it by hand on this machine'],
  [
    'a signal',
    '',
    { exitCode: null, endedBy: 'SIGKILL' },
    'login to a.io: docker login was ended by SIGKILL and said nothing; run it by hand on this machine',
  ],
  ['a timeout', '', { timedOut: true }, 'login to a.io: no answer in time; check the address of the registry and the network'],
  [
    'a timeout with a message',
    'waiting',
    { timedOut: true },
    'login to a.io: no answer in time; check the address of the registry and the network (waiting)',
  ],
  ['the output, where there are no errors', '', { stdout: 'strange\n' }, 'login to a.io: docker login ended with exit code 1: strange'],
])('%s', (_, stderr, more, line) => {
  expect(explain(stderr, more)).toBe(line)
})

test('the last line counts, without the warnings of docker', () => {
  const said =
    'first\nunauthorized\n\nWARNING! Your credentials are stored unencrypted\nConfigure a credential helper\nhttps://docs.docker.com/go/x\n'
  expect(explain(said)).toMatch(/^login to a\.io: user name or password refused .*\(unauthorized\)$/)
})

test('the password is never shown', () => {
  expect(explain('Get "https://me:hunter2@a.io": strange hunter2')).toBe(
    'login to a.io: docker login ended with exit code 1: Get "https://me:***@a.io": strange ***',
  )
})
