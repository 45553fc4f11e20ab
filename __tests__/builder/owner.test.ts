import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatOwner, isLiving, type Owner, parseOwner, processStart, thisOwner } from '../../src/builder/owner.ts'
import { ownerOf } from '../../src/builder/sweep.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
const newFolder = () => mkdtempSync(join(root, 'x-'))

const onLinux = process.platform === 'linux' ? test : test.skip
const unlikely = { machine: 'abcdef', boot: '012345', namespace: '1ulajuk', pid: 4711, started: 123456789 }

test('as text and back, in the letters that a builder may have', () => {
  const text = formatOwner(unlikely)
  expect(text).toMatch(/^[a-z0-9.]+$/)
  expect(parseOwner(text)).toEqual(unlikely)
  for (const other of ['', 'a.b.c.d.e', `${text}.1`, text.toUpperCase()]) expect(parseOwner(other)).toBeUndefined()
})

onLinux('the process that runs this one lives', async () => {
  const owner = await thisOwner()
  expect(await isLiving(owner)).toBe('living')
  expect(await isLiving({ ...owner, started: owner.started + 1 })).toBe('dead')
  expect(await isLiving({ ...owner, namespace: '1' })).toBe('unknown')
  expect(await isLiving({ ...owner, pid: 0 })).toBe('unknown')
})

onLinux('a process that has ended is dead, also before its parent has noticed', async () => {
  const child = spawn('sleep', ['60'])
  const pid = child.pid ?? 0
  const owner = { ...(await thisOwner()), pid, started: (await processStart(pid)) ?? 0 }
  expect(await isLiving(owner)).toBe('living')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isLiving(owner)).toBe('dead')
})

onLinux('another boot of this machine is over; of another machine nobody knows', async () => {
  const owner = await thisOwner()
  expect(await isLiving({ ...owner, boot: '012345' })).toBe('dead')
  expect(await isLiving({ ...owner, boot: '012345', machine: '012345' })).toBe('unknown')
})

onLinux('a shell that starts a step is passed over; outside of containers the first process says nothing', async () => {
  const proc = fakeProc([
    { pid: process.ppid, name: 'bash', parent: 70, started: 5 },
    { pid: 70, name: 'Runner (Worker)', parent: 1, started: 4 },
    { pid: 1, name: 'systemd', parent: 0, started: 1 },
  ])
  expect(await thisOwner(proc)).toMatchObject({ pid: 70, started: 4 })
  const orphan = fakeProc([
    { pid: process.ppid, name: 'sh', parent: 1, started: 5 },
    { pid: 1, name: 'systemd', parent: 0, started: 1 },
  ])
  expect(await thisOwner(orphan)).toMatchObject({ pid: 0, started: 0 })
})

onLinux('in a container its first process stands for the job', async () => {
  const proc = fakeProc(
    [
      { pid: process.ppid, name: 'sh', parent: 1, started: 5 },
      { pid: 1, name: 'tail', parent: 0, started: 3 },
    ],
    'pid:[4026532999]',
  )
  const owner: Owner = await thisOwner(proc)
  expect(owner).toMatchObject({ pid: 1, started: 3 })
  expect(await isLiving(owner, proc)).toBe('living')
})

test('without procfs only age tells', async () => {
  const owner = await thisOwner('/nowhere')
  expect(owner).toMatchObject({ pid: 0, started: 0 })
  expect(await isLiving(owner, '/nowhere')).toBe('unknown')
})

const text = formatOwner(unlikely)
test.each([
  [`buildx_buildkit_manifold-4711-1-${text}-0123abcd0`, text],
  [`buildx_buildkit_manifold-run-${text}-0123abcd12_state`, text],
  [`manifold-binfmt-${text}-0123abcd`, text],
  ['buildx_buildkit_manifold-kept-0123abcd0', undefined],
  ['buildx_buildkit_manifold-mine0', undefined],
  [`buildx_buildkit_other-${text}-0123abcd0`, undefined],
  [`my-manifold-binfmt-${text}-0123abcd`, undefined],
  ['manifold-testbed', undefined],
])('%s', (name, owner) => {
  expect(ownerOf(name)).toBe(owner)
})

interface FakeProcess {
  readonly pid: number
  readonly name: string
  readonly parent: number
  readonly started: number
}

/** A procfs with the form of the real one. */
function fakeProc(processes: readonly FakeProcess[], namespace = 'pid:[4026531836]'): string {
  const proc = newFolder()
  mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true })
  writeFileSync(join(proc, 'sys/kernel/random/boot_id'), readFileSync('/proc/sys/kernel/random/boot_id'))
  mkdirSync(join(proc, 'self/ns'), { recursive: true })
  symlinkSync(namespace, join(proc, 'self/ns/pid'))
  const real = readFileSync('/proc/self/stat', 'utf8')
  const rest = real.slice(real.lastIndexOf(')') + 2).split(' ')
  for (const { pid, name, parent, started } of processes) {
    mkdirSync(join(proc, String(pid)))
    const fields = rest.map((field, at) => (at === 0 ? 'S' : at === 1 ? String(parent) : at === 19 ? String(started) : field))
    writeFileSync(join(proc, String(pid), 'stat'), `${pid} (${name}) ${fields.join(' ')}`)
  }
  return proc
}
