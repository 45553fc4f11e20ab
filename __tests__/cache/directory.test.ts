import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commitDirectory, openDirectory, removeWork, type WorkFolder } from '../../src/cache/directory.ts'
import { readIndex } from '../../src/cache/layout.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cache-directory-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const NAME = 'org.opencontainers.image.ref.name'
const open = async (scope: string) => {
  const folder = await openDirectory({ path: root, scope })
  if (!folder.usable) throw new Error(folder.reason)
  return folder
}

function blob(folder: string, content: string) {
  const hex = createHash('sha256').update(content).digest('hex')
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  writeFileSync(join(folder, 'blobs/sha256', hex), content)
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(content) }
}

/** What buildx leaves in a folder that it exports a cache to. */
function exportTo(folder: string, scope: string, layers: readonly string[]) {
  const manifest = blob(folder, JSON.stringify({ config: blob(folder, '{}'), layers: layers.map((layer) => blob(folder, layer)) }))
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ manifests: [{ ...manifest, annotations: { [NAME]: scope } }] }))
  return manifest
}

async function put(scope: string, layers: readonly string[]) {
  const folder = await open(scope)
  const { digest } = exportTo(folder.path, scope, layers)
  expect(await commitDirectory(folder)).toBe(true)
  await removeWork(folder.path)
  return digest
}

const blobs = () => readdirSync(join(root, 'blobs/sha256')).length

test('what was put is found by the same build, and by no other', async () => {
  const digest = await put('one', ['a', 'b'])
  expect(await open('one')).toMatchObject({ digest })
  expect(await open('two')).toMatchObject({ digest: undefined })
})

test('what nothing refers to any more goes; what another build refers to stays', async () => {
  await put('one', ['a', 'b'])
  await put('two', ['b', 'c'])
  // Configuration, a, b, c, and two manifests.
  expect(blobs()).toBe(6)
  await put('one', ['b', 'd'])
  expect(blobs()).toBe(6)
  expect((await readIndex(root)).map(({ annotations }) => annotations?.[NAME])).toEqual(['two', 'one'])
})

test('a failed build leaves no index, and nothing changes', async () => {
  const digest = await put('one', ['a'])
  const folder = await open('one')
  blob(folder.path, 'half of something')
  expect(await commitDirectory(folder)).toBe(false)
  await removeWork(folder.path)
  expect(await open('one')).toMatchObject({ digest })
})

test('an export that is not whole is refused, and the old cache stays', async () => {
  const digest = await put('one', ['a'])
  const folder = await open('one')
  exportTo(folder.path, 'one', ['a', 'long layer'])
  truncateSync(join(folder.path, 'blobs/sha256', createHash('sha256').update('long layer').digest('hex')), 3)
  await expect(commitDirectory(folder)).rejects.toThrow(/has 3 bytes instead of 10/)
  await removeWork(folder.path)
  expect(await open('one')).toMatchObject({ digest })
})

test('a directory with a cut blob counts as empty, and the next export heals it', async () => {
  await put('one', ['a', 'long layer'])
  const path = join(root, 'blobs/sha256', createHash('sha256').update('long layer').digest('hex'))
  truncateSync(path, 3)
  expect(await open('one')).toMatchObject({ digest: undefined })
  const digest = await put('one', ['a', 'long layer'])
  expect(readFileSync(path, 'utf8')).toBe('long layer')
  expect(await open('one')).toMatchObject({ digest })
})

test('a job that reads is not touched by one that replaces the cache', async () => {
  await put('one', ['a', 'b'])
  const reader = await open('one')
  await put('one', ['c'])
  const manifest = JSON.parse(readFileSync(join(reader.path, 'blobs/sha256', reader.digest?.slice(7) ?? ''), 'utf8'))
  for (const { digest, size } of manifest.layers) expect(statSync(join(reader.path, 'blobs/sha256', digest.slice(7))).size).toBe(size)
})

test('eight at once: each is there afterwards', async () => {
  const scopes = Array.from({ length: 8 }, (_, at) => `scope-${at}`)
  await Promise.all(scopes.map((scope) => put(scope, ['common', scope])))
  for (const scope of scopes) expect((await open(scope)).digest).toBeDefined()
})

test('a directory that buildx has written itself is read, and taken over', async () => {
  const { digest } = exportTo(root, 'latest', ['a', 'b'])
  expect(await open('one')).toMatchObject({ digest })
  await put('one', ['c'])
  expect((await readIndex(root)).map(({ annotations }) => annotations?.[NAME])).toEqual(['one'])
  expect(blobs()).toBe(3)
})

test('folders of dead jobs are swept, those of living ones and of other machines are not', async () => {
  const living = await open('one')
  const own = living.path.replace(/^.*\.work-([0-9a-f]+)-.*$/, '$1')
  const names = { dead: `.work-${own}-999999999-aa`, foreign: '.work-ffffffff-1-bb', old: '.work-ffffffff-1-cc' }
  for (const name of Object.values(names)) mkdirSync(join(root, name))
  const yesterday = Date.now() / 1000 - 24 * 3600
  utimesSync(join(root, names.old), yesterday, yesterday)
  await open('two')
  expect({
    living: existsSync(living.path),
    dead: existsSync(join(root, names.dead)),
    foreign: existsSync(join(root, names.foreign)),
    old: existsSync(join(root, names.old)),
  }).toEqual({ living: true, dead: false, foreign: true, old: false })
})

test.each(['', '{', '[]', '{"manifests":3}', '{"manifests":[{"digest":"../../etc/passwd","size":1}]}'])(
  'an index.json that reads %j holds nothing',
  async (text) => {
    writeFileSync(join(root, 'index.json'), text)
    expect(await open('one')).toMatchObject({ digest: undefined })
  },
)

test('a place that cannot be a directory is no error', async () => {
  writeFileSync(join(root, 'file'), '')
  const found: WorkFolder = await openDirectory({ path: join(root, 'file/cache'), scope: 'one' })
  expect(found).toEqual({ usable: false, reason: `${join(root, 'file/cache')} cannot be used (ENOTDIR)` })
})
