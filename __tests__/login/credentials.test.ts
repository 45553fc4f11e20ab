import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CredentialPlace,
  copyToAlias,
  eraseAliases,
  ledgerPath,
  meaningWith,
  readLedger,
  restoreBaseline,
  restoreSnapshot,
  takeSnapshot,
  withAlias,
  writeLedger,
} from '../../src/login/credentials.ts'
import { type Ledger, openCall } from '../../src/login/ledger.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
let count = 0

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

/** A Docker config of a test's own, and a credential helper "files" that keeps each server's entry in a file. */
function makePlace(config?: unknown) {
  const configDir = join(root, String(++count))
  const bin = join(configDir, 'bin')
  const store = join(configDir, 'store')
  for (const folder of [bin, store]) mkdirSync(folder, { recursive: true })
  if (config !== undefined) writeFileSync(join(configDir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  const helper = `#!/bin/sh
name() { printf '%s' "$1" | tr -c 'a-z0-9' '_'; }
case $1 in
  store) input=$(cat); server=$(printf '%s' "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/'); printf '%s' "$input" > "${store}/$(name "$server")" ;;
  get) server=$(cat); cat "${store}/$(name "$server")" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) server=$(cat); rm "${store}/$(name "$server")" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
esac
`
  writeFileSync(join(bin, 'docker-credential-files'), helper)
  chmodSync(join(bin, 'docker-credential-files'), 0o700)
  const path = join(configDir, 'config.json')
  return {
    place: { configDir, env: { PATH: `${bin}:${process.env.PATH}` } },
    store,
    text: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    config: () => JSON.parse(readFileSync(path, 'utf8')),
    write: (text: string) => writeFileSync(path, text),
    put: (server: string, user: string, secret: string) =>
      writeFileSync(
        join(store, server.replaceAll(/[^a-z0-9]/g, '_')),
        JSON.stringify({ ServerURL: server, Username: user, Secret: secret }),
      ),
    kept: () => readdirSync(store).map((name) => JSON.parse(readFileSync(join(store, name), 'utf8'))),
  }
}

describe('a snapshot in config.json', () => {
  test('of nothing, and put back', async () => {
    const { place, config, write } = makePlace()
    const before = await takeSnapshot(place, 'a.io')
    expect(before).toEqual({ entry: null, helper: null })
    write(JSON.stringify({ auths: { 'a.io': auth('me:pw') }, other: 1 }))
    await restoreSnapshot(place, 'a.io', before)
    expect(config()).toEqual({ auths: {}, other: 1 })
  })

  test('of an entry, and put back beside what others did', async () => {
    const { place, config, write } = makePlace({ auths: { 'a.io': auth('old:pw') } })
    const before = await saved(place)
    expect(before).toEqual({ entry: auth('old:pw'), helper: null })
    write(JSON.stringify({ auths: { 'a.io': auth('me:pw'), 'b.io': auth('x:y') }, psFormat: 'z' }))
    await restoreSnapshot(place, 'a.io', before)
    expect(config()).toEqual({ auths: { 'a.io': auth('old:pw'), 'b.io': auth('x:y') }, psFormat: 'z' })
  })

  test('of a file that is no JSON is an error without its text', async () => {
    const { place } = makePlace('{"auths": hunter2')
    await expect(takeSnapshot(place, 'a.io')).rejects.toThrow(/config\.json is not valid JSON: repair or remove it$/)
  })
})

/** A snapshot that can be put back later. */
async function saved(place: CredentialPlace) {
  const snapshot = withAlias(await takeSnapshot(place, 'a.io'))
  await copyToAlias(place, 'a.io', snapshot)
  return snapshot
}

describe('a snapshot behind a credential helper', () => {
  test('keeps the secret with the helper, under a name of its own, and puts it back from there', async () => {
    const { place, put, kept } = makePlace({ credsStore: 'files' })
    put('a.io', 'old', 'hunter2')
    const before = await saved(place)
    expect(before).toEqual({
      entry: null,
      helper: {
        name: 'files',
        user: 'old',
        secretHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        alias: expect.stringMatching(/^https:\/\/manifold\.invalid\//),
      },
    })
    expect(JSON.stringify(before)).not.toContain('hunter2')
    put('a.io', 'me', 'pw')
    await restoreSnapshot(place, 'a.io', before)
    await eraseAliases(place, before.helper ? [before.helper] : [])
    expect(kept()).toEqual([{ ServerURL: 'a.io', Username: 'old', Secret: 'hunter2' }])
    await eraseAliases(place, before.helper ? [before.helper] : [])
  })

  test('of nothing erases what came since', async () => {
    const { place, put, kept } = makePlace({ credHelpers: { 'a.io': 'files' } })
    const before = await saved(place)
    expect(before).toEqual({ entry: null, helper: null })
    put('a.io', 'me', 'pw')
    put('b.io', 'other', 'pw')
    await restoreSnapshot(place, 'a.io', before)
    expect(kept()).toEqual([{ ServerURL: 'b.io', Username: 'other', Secret: 'pw' }])
  })
})

describe('the bytes of config.json from before the first call', () => {
  const before = '{ "auths" : { "b.io": {"auth":"eDp5"} } }\n'
  const meaning = meaningWith(before, 'a.io', { entry: null, helper: null }, 'config.json')

  test.each<[string, string, string]>([
    ['come back when Docker has formatted it anew', '{\n\t"auths": {\n\t\t"b.io": {\n\t\t\t"auth": "eDp5"\n\t\t}\n\t}\n}', before],
    ['stay', before, before],
    ['do not come back over a change of somebody else', '{"auths": {"b.io": {"auth": "eDp6"}}}', '{"auths": {"b.io": {"auth": "eDp6"}}}'],
    [
      'do not come back over an entry that is left',
      '{"auths": {"b.io": {"auth": "eDp5"}, "a.io": {}}}',
      '{"auths": {"b.io": {"auth": "eDp5"}, "a.io": {}}}',
    ],
  ])('%s', async (_, now, after) => {
    const { place, text } = makePlace(now)
    await restoreBaseline(place, { text: before, meaning })
    expect(text()).toBe(after)
  })

  test('no file is no file again', async () => {
    const nothing = meaningWith(undefined, 'a.io', { entry: null, helper: null }, 'config.json')
    const gone = makePlace({ auths: {} })
    await restoreBaseline(gone.place, { text: null, meaning: nothing })
    expect(gone.text()).toBeUndefined()
    const changed = makePlace({ auths: {}, credsStore: 'files' })
    await restoreBaseline(changed.place, { text: null, meaning: nothing })
    expect(changed.config()).toEqual({ auths: {}, credsStore: 'files' })
  })
})

describe('the ledger in its file', () => {
  const call = { id: 'a', key: 'a.io', user: 'me', previous: { entry: auth('old:pw'), helper: null } }

  test('is read as it was written, by its owner alone, and goes with the last call', async () => {
    const { place } = makePlace()
    const ledger = openCall(await readLedger(place.configDir), call)
    await writeLedger(place.configDir, ledger)
    expect(await readLedger(place.configDir)).toEqual(ledger)
    expect(statSync(ledgerPath(place.configDir)).mode & 0o777).toBe(0o600)
    await writeLedger(place.configDir, { ...ledger, calls: [] })
    expect(existsSync(ledgerPath(place.configDir))).toBe(false)
    await writeLedger(place.configDir, { ...ledger, calls: [] })
  })

  test.each(['', '{', 'null', '{"version":2,"calls":[]}', '{"version":1}'])('%j is an empty one with a salt of its own', async (text) => {
    const { place } = makePlace()
    writeFileSync(ledgerPath(place.configDir), text)
    const ledgers: Ledger[] = [await readLedger(place.configDir), await readLedger(place.configDir)]
    expect(ledgers).toEqual([expect.objectContaining({ version: 1, calls: [] }), expect.objectContaining({ version: 1, calls: [] })])
    expect(ledgers[0]?.salt).not.toBe(ledgers[1]?.salt)
  })
})
