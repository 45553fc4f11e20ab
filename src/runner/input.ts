/** Gives an input's text as the runner set it, the empty string for none. Not trimmed. */
export type InputReader = (name: string) => string

/**
 * Reads a switch.
 *
 * @param fallback what an empty input means
 * @throws Error that names the input when it is neither true nor false
 */
export function readBoolean(input: InputReader, name: string, fallback: boolean): boolean {
  const text = input(name).trim().toLowerCase()
  if (text === '') return fallback
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Error(`input ${name}: must be true or false`)
}
