import { formatReference, parseReference, type Reference } from '../registry/reference.ts'

/**
 * Reads full references, as `docker build -t` does: one without a tag gets `latest`.
 *
 * @returns each once, in order
 * @throws Error that shows the entry and says what is wrong
 */
export function expandReferences(texts: readonly string[]): Reference[] {
  const references = texts.map((text): Reference => {
    const reference = parseReference(text)
    if (reference.digest !== undefined) throw new Error(`"${text}" has a digest; a target is named by its tag`)
    return { ...reference, tag: reference.tag ?? 'latest' }
  })
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()]
}
