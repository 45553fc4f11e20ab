import { formatReference, isTag, parseReference, type Reference, type Repository, TAG_RULE } from '../registry/reference.ts'

/**
 * The references to build: a bare tag counts for every image, a full reference for itself. Without images, each entry is a
 * reference, as with `docker build -t`, and gets the tag `latest` where it has none.
 *
 * @param images the target repositories
 * @param tags bare tags and full references
 * @returns each reference once, in the order of the tags, then of the images
 * @throws Error that shows the entry and says what is wrong
 */
export function expandTags(images: readonly Repository[], tags: readonly string[]): Reference[] {
  const references = tags.flatMap((tag): Reference[] => {
    if (images.length > 0 && !/[/:@]/.test(tag)) {
      if (!isTag(tag)) throw new Error(`"${tag}" is not a tag; ${TAG_RULE}`)
      return images.map((image) => ({ ...image, tag }))
    }
    const reference = parseReference(tag)
    if (reference.digest !== undefined) throw new Error(`"${tag}" has a digest; a target is named by its tag`)
    return [{ ...reference, tag: reference.tag ?? 'latest' }]
  })
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()]
}
