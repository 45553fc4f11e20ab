/** An expression such as `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}`. */
export interface Expression {
  readonly name: string
  /** Its argument without a name; undefined for none. */
  readonly argument: string | undefined
  readonly named: ReadonlyMap<string, string>
  /** The expression as it was written, with its braces. */
  readonly source: string
}

const CALL = /^\s*([A-Za-z_]\w*)((?:\s+(?:\w+=)?(?:'[^']*'|"[^"]*"))*)\s*$/

/**
 * Splits a text into plain parts and expressions in double (or triple) braces.
 *
 * @returns the parts in order; what stands in braces and is no expression is left to `onUnknown`
 * @see https://handlebarsjs.com/guide/expressions.html for the notation, of which this is the part without blocks
 */
export function parseTemplate(text: string, onUnknown: (source: string) => string): (string | Expression)[] {
  return text.split(/(\{\{\{.*?\}\}\}|\{\{.*?\}\})/s).map((part, index) => {
    if (index % 2 === 0) return part
    const [, name, rest = ''] = CALL.exec(part.replace(/^\{+/, '').replace(/\}+$/, '')) ?? []
    if (name === undefined) return onUnknown(part)
    const words = [...rest.matchAll(/(?:(\w+)=)?(?:'([^']*)'|"([^"]*)")/g)]
    const plain = words.filter(([, key]) => key === undefined)
    if (plain.length > 1) return onUnknown(part)
    const named = new Map(words.flatMap(([, key, single, double]) => (key === undefined ? [] : [[key, single ?? double ?? '']])))
    return { name, argument: plain[0]?.[2] ?? plain[0]?.[3], named, source: part }
  })
}

/**
 * Puts values in the place of `${name}`; `$${` stands for `${` itself.
 *
 * @param valueFor throws for a name it does not know
 * @throws Error for braces that are not closed or hold no name
 */
export function fillNames(text: string, valueFor: (name: string) => string): string {
  return text.replaceAll(/\$?\$\{([^}]*)(\}?)/g, (all, name: string, end: string) => {
    if (all.startsWith('$$')) return all.slice(1)
    // The text itself is not shown: it can be a build argument's.
    if (end === '' || !/^[A-Za-z_]\w*$/.test(name)) {
      throw new Error('"${" must be followed by a name and "}", as in ${imageTag}; write $${ for the characters themselves')
    }
    return valueFor(name)
  })
}
