import { loadState } from '../../src/runner/state.ts'

afterEach(() => {
  delete process.env.STATE_x
})

test.each([
  ['"text"', 'text'],
  ['[{"id":"a"}]', [{ id: 'a' }]],
  ['', undefined],
  ['{"half', undefined],
])('what main left as %j is %j', (text, value) => {
  process.env.STATE_x = text
  expect(loadState('x')).toEqual(value)
})

test('nothing was left by a main that never ran', () => {
  expect(loadState('x')).toBeUndefined()
})
