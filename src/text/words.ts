// Blanks; a continued line; an escaped character; text in single and in double quotes; anything plain; what cannot stand alone.
const PIECE =
  /(?<blank>[ \t\r\n]+)|\\\n|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<plain>[^ \t\r\n\\'"]+)|(?<fault>.)/gs

/**
 * Splits text into words as a POSIX shell would: quotes and backslashes count. Nothing is expanded or run: `$`, `` ` ``,
 * `*` and `#` are ordinary characters.
 *
 * @param text what one would type after a command; a backslash at the end of a line continues it
 * @returns the words
 * @throws Error when a quote is not closed; the message does not repeat the text
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
export function splitWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (const { groups = {} } of text.replaceAll('\r\n', '\n').matchAll(PIECE)) {
    const { blank, escaped, single, double, plain, fault } = groups
    if (fault !== undefined) throw new Error(fault === '\\' ? 'the text ends in a backslash' : `a quote (${fault}) is not closed`)
    const piece = escaped ?? single ?? plain ?? (double === undefined ? undefined : unquote(double))
    if (piece !== undefined) word = (word ?? '') + piece
    else if (blank !== undefined && word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  return word === undefined ? words : [...words, word]
}

/** Between double quotes a backslash counts before few characters only. */
function unquote(text: string): string {
  return text.replaceAll(/\\([$`"\\\n])/g, (_, character: string) => (character === '\n' ? '' : character))
}
