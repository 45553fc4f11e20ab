/**
 * Decodes base64 into a string of one character a byte, so that pieces of a longer text can be joined and cut at will
 * without breaking a character that lies across two of them; {@link fromBytes} makes text of the whole.
 */
export function toBytes(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}

/** The UTF-8 text of a string of bytes; what is not UTF-8 becomes U+FFFD. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
