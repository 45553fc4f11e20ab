import fc from 'fast-check'

/** Any character of Unicode; fast-check's own `unit: 'binary'` has no more, and takes a second to set up. */
export const anyCharacter = fc
  .oneof({ weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x10_ff_ff }) })
  .map((code) => String.fromCodePoint(code >= 0xd8_00 && code <= 0xdf_ff ? code - 0xd8_00 : code))
