import fc from 'fast-check'
import { dropCall, fingerprint, type Ledger, openCall, releaseCall, type Snapshot, settleCall } from '../../src/login/ledger.ts'

const EMPTY: Ledger = { version: 1, salt: 'salt', calls: [] }
const NOTHING: Snapshot = { entry: null, helper: null }
const entry = (user: string, password = 'pw'): Snapshot => ({
  entry: { auth: Buffer.from(`${user}:${password}`).toString('base64') },
  helper: null,
})
const behind = (user: string, alias: string | null = null): Snapshot => ({
  entry: {},
  helper: { name: 'pass', user, secretHash: user, alias },
})

/** The ledger after logins on one registry; each is its id, what it found and what it stored (null for a killed one). */
function ledgerOf(...logins: [string, Snapshot, Snapshot | null, string?][]): Ledger {
  return logins.reduce((ledger, [id, previous, stored, user = id]) => {
    const opened = openCall(ledger, { id, key: 'r', user, previous })
    return stored === null ? opened : settleCall(opened, id, stored)
  }, EMPTY)
}

describe('the end of a call', () => {
  test('puts back what stood there before', () => {
    expect(releaseCall(ledgerOf(['a', entry('old'), entry('a')]), 'a', entry('a'))).toEqual({
      ledger: EMPTY,
      restore: entry('old'),
      erase: [],
    })
    expect(releaseCall(ledgerOf(['a', NOTHING, entry('a')]), 'a', entry('a')).restore).toEqual(NOTHING)
  })

  test.each([
    ['another user', entry('other')],
    ['another password', entry('a', 'new')],
    ['nothing any more', NOTHING],
    ['an identity token', { entry: { auth: 'x', identitytoken: 'y' }, helper: null }],
    ['a credential behind a helper', behind('a')],
  ])('leaves what somebody else put there: %s', (_, now) => {
    expect(releaseCall(ledgerOf(['a', entry('old'), entry('a')]), 'a', now)).toEqual({ ledger: EMPTY, restore: undefined, erase: [] })
  })

  test('hands on what it found to the call that stands on it', () => {
    const ledger = ledgerOf(['a', NOTHING, entry('a')], ['b', entry('a'), entry('b')])
    const first = releaseCall(ledger, 'a', entry('b'))
    expect(first.restore).toBeUndefined()
    expect(releaseCall(first.ledger, 'b', entry('b'))).toEqual({ ledger: EMPTY, restore: NOTHING, erase: [] })
  })

  test('does not hand on over a change of somebody else', () => {
    const ledger = ledgerOf(['a', NOTHING, entry('a')], ['b', entry('other'), entry('b')])
    const first = releaseCall(ledger, 'a', entry('b'))
    expect(releaseCall(first.ledger, 'b', entry('b')).restore).toEqual(entry('other'))
  })

  test('minds its own registry alone', () => {
    const ledger = settleCall(
      openCall(ledgerOf(['a', NOTHING, entry('a')]), { id: 'b', key: 'other', user: 'b', previous: entry('a') }),
      'b',
      entry('b'),
    )
    const { restore, ledger: rest } = releaseCall(ledger, 'a', entry('a'))
    expect(restore).toEqual(NOTHING)
    expect(rest.calls).toEqual([expect.objectContaining({ id: 'b', previous: entry('a') })])
  })

  test('a second time, or of a call that nobody knows, does nothing', () => {
    const ledger = ledgerOf(['a', NOTHING, entry('a')])
    expect(releaseCall(ledger, 'x', entry('a'))).toEqual({ ledger, restore: undefined, erase: [] })
    expect(releaseCall(releaseCall(ledger, 'a', entry('a')).ledger, 'a', NOTHING)).toEqual({ ledger: EMPTY, restore: undefined, erase: [] })
  })

  test('the order of the fields of an entry does not matter', () => {
    const now = { entry: { identitytoken: 't', auth: 'a' }, helper: null }
    const stored = { entry: { auth: 'a', identitytoken: 't' }, helper: null }
    expect(releaseCall(ledgerOf(['a', NOTHING, stored]), 'a', now).restore).toEqual(NOTHING)
  })
})

describe('a call that was killed while docker login ran', () => {
  test('is undone when it left an entry with its user name', () => {
    expect(releaseCall(ledgerOf(['a', entry('old'), null]), 'a', entry('a')).restore).toEqual(entry('old'))
    expect(releaseCall(ledgerOf(['a', NOTHING, null]), 'a', behind('a')).restore).toEqual(NOTHING)
  })

  test.each([
    ['it stored nothing', entry('old'), entry('old')],
    ['it stored nothing, and the same user stood there', entry('a'), entry('a')],
    ['somebody else stored something', entry('old'), entry('other')],
    ['somebody else removed the entry', entry('old'), NOTHING],
  ])('is not undone when %s', (_, previous, now) => {
    expect(releaseCall(ledgerOf(['a', previous, null]), 'a', now).restore).toBeUndefined()
  })

  test('hands on what it found, if it left something', () => {
    const first = releaseCall(ledgerOf(['a', NOTHING, null], ['b', entry('a'), entry('b')]), 'a', entry('b'))
    expect(releaseCall(first.ledger, 'b', entry('b')).restore).toEqual(NOTHING)
  })

  test('does not keep the one below it from being undone', () => {
    const ledger = ledgerOf(['a', NOTHING, entry('a')], ['b', entry('a'), null])
    const first = releaseCall(ledger, 'a', entry('a'))
    expect(first.restore).toEqual(NOTHING)
    expect(releaseCall(first.ledger, 'b', NOTHING).restore).toBeUndefined()
  })
})

describe('a call whose docker login failed', () => {
  test('is taken out, and nothing is put back', () => {
    const ledger = ledgerOf(['a', NOTHING, entry('a')], ['b', entry('a'), null])
    expect(dropCall(ledger, 'b')).toEqual({ ledger: ledgerOf(['a', NOTHING, entry('a')]), restore: undefined, erase: [] })
    expect(dropCall(ledger, 'x').ledger).toEqual(ledger)
  })
})

describe('copies behind a credential helper', () => {
  const copy = (user: string, alias: string) => behind(user, alias).helper

  test('are erased with the call that needs them', () => {
    const { restore, erase } = releaseCall(ledgerOf(['a', behind('old', 'copy'), behind('a')]), 'a', behind('a'))
    expect(restore).toEqual(behind('old', 'copy'))
    expect(erase).toEqual([copy('old', 'copy')])
    expect(dropCall(ledgerOf(['a', behind('old', 'copy'), null]), 'a').erase).toEqual([copy('old', 'copy')])
  })

  test('are handed on; the copy of the call that ends is erased', () => {
    const ledger = ledgerOf(['a', behind('old', 'copy of old'), behind('a')], ['b', behind('a', 'copy of a'), behind('b')])
    const first = releaseCall(ledger, 'a', behind('b'))
    expect(first).toMatchObject({ restore: undefined, erase: [copy('a', 'copy of a')] })
    expect(releaseCall(first.ledger, 'b', behind('b'))).toMatchObject({
      restore: behind('old', 'copy of old'),
      erase: [copy('old', 'copy of old')],
    })
  })

  test('are kept while another call needs them', () => {
    const ledger = ledgerOf(
      ['a', behind('old', 'copy of old'), behind('a')],
      ['b', behind('a', 'copy of a 1'), null],
      ['c', behind('a', 'copy of a 2'), behind('c')],
    )
    const first = releaseCall(ledger, 'a', behind('c'))
    expect(first.erase).toEqual([copy('a', 'copy of a 1'), copy('a', 'copy of a 2')])
    const second = releaseCall(first.ledger, 'b', behind('c'))
    expect(second).toMatchObject({ restore: undefined, erase: [] })
    expect(releaseCall(second.ledger, 'c', behind('c'))).toMatchObject({
      restore: behind('old', 'copy of old'),
      erase: [copy('old', 'copy of old')],
    })
  })
})

test('a fingerprint tells apart without keeping a secret', () => {
  expect(fingerprint(entry('a', 'hunter2'), 's')).toMatch(/^[0-9a-f]{64}$/)
  const marks = [NOTHING, { entry: {}, helper: null }, entry('a'), entry('a', 'x'), behind('a'), behind('b')].map((each) =>
    fingerprint(each, 's'),
  )
  expect(new Set(marks).size).toBe(marks.length)
  expect(fingerprint(entry('a'), 's')).not.toBe(fingerprint(entry('a'), 't'))
  expect(fingerprint(behind('a', 'copy'), 's')).toBe(fingerprint(behind('a'), 's'))
})

describe('any interleaving', () => {
  const KEYS = ['registry-a', 'registry-b']
  type Event =
    | {
        readonly kind: 'login'
        readonly key: string
        readonly user: string
        readonly end: 'done' | 'failed' | 'kept' | 'killed before' | 'killed after'
      }
    | { readonly kind: 'end'; readonly pick: number }
    | { readonly kind: 'other'; readonly key: string; readonly user: string }

  const key = fc.constantFrom(...KEYS)
  const login = (outcomes: readonly Extract<Event, { kind: 'login' }>['end'][]) =>
    fc.record({ kind: fc.constant('login' as const), key, user: fc.constantFrom('u1', 'u2', 'u3'), end: fc.constantFrom(...outcomes) })
  // A user of its own: a login that stays and is the same as one that does not cannot be told from it.
  const kept = fc.record({ kind: fc.constant('login' as const), key, user: fc.constant('u4'), end: fc.constant('kept' as const) })
  const end = fc.record({ kind: fc.constant('end' as const), pick: fc.nat() })
  const other = fc.record({ kind: fc.constant('other' as const), key, user: fc.constantFrom('x', 'y') })
  const starts = fc.record({
    'registry-a': fc.constantFrom(NOTHING, entry('start'), entry('u1')),
    'registry-b': fc.constantFrom(NOTHING, entry('u2')),
  })

  /** A machine with one Docker config, on which jobs sign in and out; `check` is called after each event. */
  function play(start: Record<string, Snapshot>, events: readonly Event[], check: (machine: Machine) => void): Machine {
    const machine: Machine = { now: { ...start }, foreign: { ...start }, open: [], ledger: EMPTY }
    let others = 0
    for (const [at, event] of events.entries()) {
      if (event.kind === 'login') signIn(machine, event, `call ${at}`)
      else if (event.kind === 'other') {
        // Nobody's user name, and a value of its own each time.
        machine.now[event.key] = entry(event.user, `other ${++others}`)
        machine.foreign[event.key] = machine.now[event.key] as Snapshot
        for (const call of machine.open) call.covered ||= call.key === event.key
      } else if (machine.open.length > 0) signOut(machine, event.pick % machine.open.length)
      check(machine)
    }
    while (machine.open.length > 0) {
      signOut(machine, 0)
      check(machine)
    }
    return machine
  }

  interface Machine {
    readonly now: Record<string, Snapshot>
    /** What stood there at the start, or what somebody else put there last. */
    readonly foreign: Record<string, Snapshot>
    /** The calls that are not over, in the order of their logins; covered when somebody else changed the entry since. */
    open: { readonly id: string; readonly key: string; readonly stored: Snapshot | undefined; covered: boolean }[]
    ledger: Ledger
  }

  function signIn(machine: Machine, { key, user, end }: Extract<Event, { kind: 'login' }>, id: string): void {
    const previous = machine.now[key] as Snapshot
    const stored = entry(user, `password of ${user}`)
    machine.ledger = openCall(machine.ledger, { id, key, user, previous })
    if (end !== 'failed' && end !== 'killed before') machine.now[key] = stored
    if (end === 'done') machine.ledger = settleCall(machine.ledger, id, stored)
    else if (end === 'failed' || end === 'kept') machine.ledger = dropCall(machine.ledger, id).ledger
    if (end === 'kept') {
      machine.foreign[key] = stored
      for (const call of machine.open) call.covered ||= call.key === key
    }
    if (end === 'failed' || end === 'kept') return
    machine.open.push({ id, key, stored: end === 'killed before' ? undefined : stored, covered: false })
  }

  function signOut(machine: Machine, at: number): void {
    const [call] = machine.open.splice(at, 1)
    if (!call) return
    const { ledger, restore } = releaseCall(machine.ledger, call.id, machine.now[call.key] as Snapshot)
    machine.ledger = ledger
    if (restore) machine.now[call.key] = restore
    // Its post may run a second time.
    expect(releaseCall(ledger, call.id, machine.now[call.key] as Snapshot).restore).toBeUndefined()
  }

  test('of jobs on two registries, with equal and with different credentials, ends with what stood there at the start', () => {
    fc.assert(
      fc.property(starts, fc.array(fc.oneof(login(['done', 'failed']), end), { maxLength: 30 }), (start, events) => {
        const machine = play(start, events, ({ now, open }) => {
          // Whoever signed in last and is not over has its own credential.
          for (const each of KEYS)
            expect(now[each]).toEqual(open.findLast((call) => call.key === each)?.stored ?? start[each as keyof typeof start])
        })
        expect(machine.now).toEqual(start)
        expect(machine.ledger).toEqual(EMPTY)
      }),
      { numRuns: 400 },
    )
  })

  test('with changes by others and logins that stay: those are left as they are', () => {
    fc.assert(
      fc.property(
        starts,
        fc.array(fc.oneof(login(['done', 'done', 'failed']), kept, end, end, other), { maxLength: 30 }),
        (start, events) => {
          const machine = play(start, events, ({ now, open, foreign }) => {
            for (const each of KEYS) {
              const last = open.findLast((call) => call.key === each)
              expect(now[each]).toEqual(last && !last.covered ? last.stored : foreign[each])
            }
          })
          expect(machine.now).toEqual(machine.foreign)
          expect(machine.ledger).toEqual(EMPTY)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('with jobs that are killed in the middle of a login: nothing of them is left', () => {
    fc.assert(
      fc.property(
        starts,
        fc.array(fc.oneof(login(['done', 'done', 'failed', 'killed before', 'killed after']), end, end), { maxLength: 20 }),
        (start, events) => {
          const machine = play(start, events, () => undefined)
          expect(machine.now).toEqual(start)
          expect(machine.ledger).toEqual(EMPTY)
        },
      ),
      { numRuns: 400 },
    )
  })
})
