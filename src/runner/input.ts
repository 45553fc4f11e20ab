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

/**
 * Reads an input with a function that knows nothing of inputs.
 *
 * @throws Error that names the input, with the reader's own error as its cause
 */
export function named<Value>(name: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new Error(`input ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
