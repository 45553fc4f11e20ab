/**
 * Splits one line of comma-separated fields. A field in double quotes may hold commas, and `""` in it stands for one quote;
 * an expression `{{…}}` is taken whole, with the commas and quotes in it.
 *
 * @returns the fields in order, trimmed unless quoted; one empty field for an empty line
 * @throws Error for a quote that is not closed, or that does not enclose its whole field
 * @see https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
export function splitFields(line: string): string[] {
  const fields: string[] = []
  for (let at = 0; at <= line.length; ) {
    const field = readQuoted(line, at) ?? readPlain(line, at)
    fields.push(field.value)
    at = field.end + 1
  }
  return fields
}

/** One line of comma-separated fields; one with a comma, a quote or a line end in it is quoted. The inverse of {@link splitFields}. */
export function joinFields(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

interface Field {
  readonly value: string
  /** Where its comma is, or the end of the line. */
  readonly end: number
}

function readQuoted(line: string, start: number): Field | undefined {
  const quoted = /\s*"((?:[^"]|"")*)"\s*(?=,|$)/y
  quoted.lastIndex = start
  const match = quoted.exec(line)
  return match ? { value: (match[1] ?? '').replaceAll('""', '"'), end: quoted.lastIndex } : undefined
}

function readPlain(line: string, start: number): Field {
  // An opening {{ without its end is ordinary text here; whoever reads the expression complains.
  const plain = /(?:\{\{.*?\}\}|[^,"])*/sy
  plain.lastIndex = start
  plain.exec(line)
  const end = plain.lastIndex
  if (line[end] === '"') {
    throw new Error('a double quote must enclose a whole field, as in "pattern=\\d{1,3}"; write a quote within it twice')
  }
  return { value: line.slice(start, end).trim(), end }
}
