import { cancellation } from '../../src/runner/signal.ts'

// Here as events, as node makes of signals; real ones are sent end to end.
test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts with its name as the reason', (name) => {
  const { signal, stop } = cancellation()
  expect(signal.aborted).toBe(false)
  process.emit(name, name)
  expect(signal.aborted).toBe(true)
  expect(signal.reason).toBe(name)
  stop()
})

test('nothing listens any more afterwards', () => {
  const count = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM') + process.listenerCount('SIGHUP')
  const before = count()
  const { stop } = cancellation()
  expect(count()).toBe(before + 3)
  stop()
  expect(count()).toBe(before)
})
