import { named, readBoolean } from '../../src/runner/input.ts'

describe('readBoolean', () => {
  test.each([
    ['true', true],
    ['TRUE', true],
    [' True\n', true],
    ['false', false],
    ['FALSE', false],
  ])('%j is %j', (text, value) => {
    expect(readBoolean(() => text, 'push', !value)).toBe(value)
  })

  test.each(['', ' ', '\n'])('%j is what nobody set', (text) => {
    expect(readBoolean(() => text, 'push', true)).toBe(true)
    expect(readBoolean(() => text, 'push', false)).toBe(false)
  })

  test.each(['yes', '1', '0', 'on', 'truee', 'hunter2'])('%j is refused', (text) => {
    expect(() => readBoolean(() => text, 'push', false)).toThrow(new Error('input push: must be true or false'))
  })
})

test('named puts the name of the input before an error and keeps the error', () => {
  const cause = new Error('is empty')
  const work = () =>
    named('tags', () => {
      throw cause
    })
  expect(work).toThrow(new Error('input tags: is empty', { cause }))
  expect(named('tags', () => 1)).toBe(1)
})
