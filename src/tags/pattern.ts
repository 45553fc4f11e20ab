import { Script } from 'node:vm'

/** How long matching may take, in milliseconds; an ordinary match takes far less than one. */
const LIMIT = 250

/**
 * Reads a regular expression in JavaScript's syntax, bare or as `/…/flags`.
 *
 * @throws Error that says what is wrong in it
 */
export function readPattern(text: string): RegExp {
  const [, source = text, flags = ''] = /^\/(.+)\/(\w*)$/s.exec(text) ?? []
  try {
    // Both would make a match depend on the one before it.
    return new RegExp(source, flags.replaceAll(/[gy]/g, ''))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: /, '') : String(cause)
    throw new Error(`is not a regular expression: ${reason}`, { cause })
  }
}

/** The first match of a pattern in a text. @throws Error as {@link matchEach} does */
export function match(pattern: RegExp, text: string): RegExpExecArray | null {
  return matchEach(pattern, [text])[0] ?? null
}

/**
 * The first match of a pattern in each of the texts.
 *
 * The time is limited, since a pattern with one repetition in another can take years on a text that it does not match:
 * https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS. The engine's own watchdog ends it, so
 * that the whole syntax of JavaScript stays usable, which no engine that is linear by design has.
 *
 * @throws Error when it takes too long
 * @see https://nodejs.org/api/vm.html#scriptruninnewcontextcontextobject-options for the option timeout
 */
export function matchEach(pattern: RegExp, texts: readonly string[]): (RegExpExecArray | null)[] {
  try {
    return new Script('run()').runInNewContext({ run: () => texts.map((text) => pattern.exec(text)) }, { timeout: LIMIT })
  } catch {
    // The engine's own error only says that the time is over.
    const longest = Math.max(...texts.map((text) => text.length))
    throw new Error(`takes too long on a name of ${longest} characters; write it without a repetition in a repetition, such as (a+)+`)
  }
}
