import type { ExecResult } from '../docker/exec.ts'
import type { Account } from './inputs.ts'

const UNREACHABLE =
  /connection refused|no such host|i\/o timeout|no route to host|network is unreachable|deadline exceeded|TLS handshake timeout|connection reset|EOF|server misbehaving|temporary failure in name resolution|Client\.Timeout|context canceled/i
const REFUSED = /\b40[13]\b|unauthorized|denied|incorrect username or password|forbidden/i

/**
 * One line that says why a sign-in failed and what to do.
 *
 * @param result of `docker login`, with an exit code other than 0
 * @returns the line; it never holds the password
 */
export function explainLogin({ registry, username, password }: Account, result: ExecResult): string {
  const said = lastLine(`${result.stdout}\n${result.stderr}`).replaceAll(password.trim(), '***')
  const quoted = said === '' ? '' : ` (${said})`
  if (result.timedOut) return `login to ${registry}: no answer in time; check the address of the registry and the network${quoted}`
  if (/permission denied.*docker(?:\.sock| API)|dial unix/i.test(said)) {
    return `login to ${registry}: the docker engine cannot be used; start it, or give this user access to its socket${quoted}`
  }
  if (/x509|certificate/i.test(said)) {
    return `login to ${registry}: its certificate is not trusted; add its authority to /etc/docker/certs.d/${registry}/ca.crt on the machine of the engine${quoted}`
  }
  if (/server gave HTTP response to HTTPS client/i.test(said)) {
    return `login to ${registry}: it speaks plain HTTP, which the engine refuses; use HTTPS, or list it under insecure-registries of the engine${quoted}`
  }
  if (REFUSED.test(said)) {
    return `login to ${registry}: user name or password refused for "${username}"; check the inputs username and password, and that the token has not expired${quoted}`
  }
  if (UNREACHABLE.test(said)) return `login to ${registry}: cannot be reached; check the input registry and the network${quoted}`
  const ended = result.exitCode === null ? `was ended by ${result.endedBy}` : `ended with exit code ${result.exitCode}`
  return `login to ${registry}: docker login ${ended}${said === '' ? ' and said nothing; run it by hand on this machine' : `: ${said}`}`
}

function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^WARNING!|^Configure a credential|^https:\/\/docs\.docker/.test(line))
  return lines.at(-1) ?? ''
}
