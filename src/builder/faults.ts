import { setTimeout as sleep } from 'node:timers/promises'

/** Waits before the second and the third try, in milliseconds. */
const PAUSES = [1_000, 4_000]

// What a registry or the network says when it may well answer the next time.
const PASSING =
  /\b429\b|toomanyrequests|\b50[0234]\b|bad gateway|service unavailable|gateway time-?out|connection reset|broken pipe|connection refused|TLS handshake timeout|i\/o timeout|unexpected EOF|: EOF\b|temporary failure in name resolution|server misbehaving|context deadline exceeded|request canceled|no route to host|network is unreachable/i
// What a registry says when it will say so again.
const LASTING = /x509|certificate|unauthorized|denied|manifest unknown|not found|invalid reference|no space left/i

/** Whether a failed pull may succeed when tried again. */
export function isPassing(said: string): boolean {
  return PASSING.test(said) && !LASTING.test(said)
}

/**
 * Tries a piece of work again after a passing fault, twice at most.
 *
 * @param isAgain whether the outcome is worth another try
 * @param onAgain told before each further try
 */
export async function tried<Outcome>(
  work: () => Promise<Outcome>,
  isAgain: (outcome: Outcome) => boolean,
  { signal, onAgain }: { signal: AbortSignal; onAgain: (outcome: Outcome, pause: number) => void },
): Promise<Outcome> {
  let outcome = await work()
  for (const pause of PAUSES) {
    if (signal.aborted || !isAgain(outcome)) return outcome
    onAgain(outcome, pause)
    await sleep(pause, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) outcome = await work()
  }
  return outcome
}

/** The last line that says anything: buildx and docker put the reason there. */
export function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:See ['"`]docker|Run 'docker)/.test(line))
  return (lines.at(-1) ?? '').replace(/^(?:ERROR|error|docker): ?/i, '')
}
