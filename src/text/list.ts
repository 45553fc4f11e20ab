/** An entry of a list input that cannot be read; `line` counts from 1. The message never holds the entry's text. */
export class ListError extends Error {
  readonly line: number

  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`)
    this.name = 'ListError'
    this.line = line
  }
}

/** An entry and the line on which it begins, counted from 1: what an error may say of an entry that can hold a secret. */
export interface Entry {
  readonly text: string
  readonly line: number
}

/**
 * Splits a list input with one entry a line; commas belong to the entry.
 *
 * An entry that begins with a double quote and ends with one at the end of a line is a quoted CSV value: it may span
 * lines, keeps them as they are, blank ones too, and `""` stands for one quote. Quotes anywhere else are ordinary characters.
 *
 * @param text the input as the runner hands it over; CRLF is accepted
 * @returns the entries in order, trimmed unless quoted, without blank ones
 * @throws ListError when a quoted entry is never closed
 * @see https://docs.docker.com/build/ci/github-actions/secrets/ for the quoted, multi-line form
 */
export function splitLines(text: string): string[] {
  return scan(text, false).map((entry) => entry.text)
}

/**
 * Splits a list input whose entries are separated by commas or newlines. Quoting is as in {@link splitLines}, with a comma
 * allowed after the closing quote.
 *
 * @param text the input as the runner hands it over; CRLF is accepted
 * @returns the entries in order, trimmed unless quoted, without blank ones
 * @throws ListError when a quoted entry is never closed
 */
export function splitCommas(text: string): string[] {
  return scan(text, true).map((entry) => entry.text)
}

/** As {@link splitLines}, or {@link splitCommas} where commas separate entries, with the line of each entry. */
export function splitEntries(text: string, { commas }: { readonly commas: boolean }): Entry[] {
  return scan(text, commas)
}

function scan(source: string, commas: boolean): Entry[] {
  const plain = commas ? /[^,\n]*/y : /[^\n]*/y
  const entries: Entry[] = []
  let line = 1
  let counted = 0
  for (let at = 0; at < source.length; ) {
    at = skip(/\s*/y, source, at)
    line += source.slice(counted, at).split('\n').length - 1
    counted = at
    const quoted = source[at] === '"' ? readQuoted(source, at, { commas, line }) : undefined
    if (quoted) {
      if (quoted.value !== '') entries.push({ text: quoted.value, line })
      at = quoted.end
      continue
    }
    const end = skip(plain, source, at)
    const text = source.slice(at, end).trim()
    if (text !== '') entries.push({ text, line })
    at = end + 1
  }
  return entries
}

/** The quoted entry at `start`, or undefined where the quote turns out to be an ordinary character. */
function readQuoted(
  source: string,
  start: number,
  { commas, line }: { commas: boolean; line: number },
): { value: string; end: number } | undefined {
  const body = /"((?:[^"]|"")*)"/y
  body.lastIndex = start
  const match = body.exec(source)
  if (!match) {
    // A lone quote that opens a line which holds another one is data, as in `"a" and "b`; one without a partner is a slip.
    const rest = source.slice(start, skip(/[^\n]*/y, source, start))
    if (rest.indexOf('"', 1) > 0) return undefined
    throw new ListError(line, 'a quoted entry is not closed; end it with a double quote')
  }
  const rest = commas ? /[^\S\n]*(?:[,\n]|$)/y : /[^\S\n]*(?:\n|$)/y
  rest.lastIndex = body.lastIndex
  if (!rest.exec(source)) return undefined
  return { value: (match[1] ?? '').replaceAll('""', '"'), end: rest.lastIndex }
}

function skip(pattern: RegExp, source: string, from: number): number {
  pattern.lastIndex = from
  pattern.exec(source)
  return pattern.lastIndex
}
