/**
 * The text in one line, without what a reader cannot see or what turns text around, cut to a number of characters.
 *
 * @param most the length at which it is cut, an ellipsis included; in code points, so that none is cut in two
 */
export function oneLine(text: string, most: number): string {
  // Cut before the costly part as well: a name can be megabytes long.
  const flat = visible(text.slice(0, most * 8))
    .replaceAll(/\s+/g, ' ')
    .trim()
  return cut(flat, most, text.length > most * 8)
}

/** The text without control characters (tab and line feed stay), bidirectional overrides and halves of characters. */
export function visible(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** Text for the inside of an HTML element or of a quoted attribute. @see https://html.spec.whatwg.org/#escapingString */
export function escapeHtml(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** An address to link to, or undefined for one that is not plain HTTPS. */
export function safeLink(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:' ? new URL(url).href : undefined
}

/** Cuts to a number of code points. */
export function cut(text: string, most: number, more = false): string {
  const characters = Array.from(text)
  return characters.length > most || more ? `${characters.slice(0, most - 1).join('')}…` : text
}
