import { split } from 'shlex'

/**
 * Splits text into words as a POSIX shell would: quotes and backslashes count. Nothing is expanded or run, and `#` is an
 * ordinary character.
 *
 * @param text what one would type after a command; a backslash at the end of a line continues it
 * @returns the words
 * @throws Error when a quote is not closed; the message does not repeat the text
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
export function splitWords(text: string): string[] {
  const joined = text.replaceAll('\r\n', '\n').replaceAll(/\\\n/g, ' ')
  try {
    return split(joined)
  } catch (cause) {
    throw new Error('a quote is not closed, or the text ends in a backslash', { cause })
  }
}
