import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { passed, scenario, type World } from './bed.ts'
import { emptyBuilder, random, timedBuild, writeApp } from './cache-world.ts'

describe('a cache directory', () => {
  scenario('an emptied builder takes the unchanged steps from it', async (world) => {
    const dir = await prepare(world)
    await timedBuild(world, { cache: 'local', 'cache-dir': dir })
    await emptyBuilder(world)
    writeApp(world)
    const built = await timedBuild(world, { cache: 'local', 'cache-dir': dir })
    expect(built.cached).toBe('2/4')
    expect(built.lines).toEqual([`Cache: read from and written to ${dir}`])
    expectWhole(dir)
  })

  scenario(
    'builds that each change a layer do not let it grow',
    async (world) => {
      const dir = await prepare(world)
      const sizes: number[] = []
      for (let round = 0; round < 5; round++) {
        world.context({ app: random().repeat(60_000) })
        await timedBuild(world, { cache: 'local', 'cache-dir': dir })
        sizes.push(sizeOf(dir))
      }
      expect((sizes.at(-1) ?? 0) / (sizes[0] ?? 1)).toBeLessThanOrEqual(1.2)
      expectWhole(dir)
    },
    120,
  )

  scenario(
    'a job that is killed while it exports leaves the cache as it was or new, and the next one sweeps what it left',
    async (world) => {
      const dir = await prepare(world)
      await timedBuild(world, { cache: 'local', 'cache-dir': dir })
      let killed = 0
      for (const delay of [0, 20, 40, 60, 80, 100, 130, 160, 200, 250]) {
        // 20 MB that nothing can pack, so that the export takes its time.
        writeFileSync(join(world.job.workspace, 'app'), randomBytes(20_000_000))
        if (await killedBuild(world, dir, delay)) killed++
        expectWhole(dir)
      }
      expect(killed).toBeGreaterThanOrEqual(5)
      const built = await timedBuild(world, { cache: 'local', 'cache-dir': dir })
      expect(built.warnings).toEqual([])
      expect(Number(built.cached.split('/')[0])).toBeGreaterThanOrEqual(2)
      expectWhole(dir)
      expect(strays(dir)).toEqual([])
    },
    150,
  )

  scenario(
    'two and eight jobs at once on one directory: each is good, and it is whole afterwards',
    async (world) => {
      const dir = await prepare(world)
      for (const count of [2, 8]) {
        const jobs = Array.from({ length: count }, () => world.newJob())
        for (const job of jobs) await world.login(world.a, job)
        for (const job of jobs) await world.login(world.b, job)
        const runs = jobs.map((job, at) => {
          writeApp(world, {}, job)
          const inputs = { images: world.repository(world.b, `app${at % 4}`), tags: '1', platforms: 'linux/amd64', push: 'true' }
          return job.step('', { ...inputs, cache: 'local', 'cache-dir': dir })
        })
        for (const result of await Promise.all(runs)) expect(passed(result).stdout).not.toContain('::warning')
        expectWhole(dir)
        expect(strays(dir)).toEqual([])
      }
    },
    150,
  )

  scenario('a full disk: the build is good, the old cache stays, and one warning says so', async (world) => {
    const root = join(world.folder, 'disk')
    mkdirSync(root)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', root])
    world.onEnd(() => execFileSync('umount', [root]))
    await prepare(world)
    const dir = join(root, 'cache')
    await timedBuild(world, { cache: 'local', 'cache-dir': dir })
    const index = readFileSync(join(dir, 'index.json'), 'utf8')
    // 8 MB that nothing can pack.
    execFileSync('dd', ['if=/dev/urandom', `of=${join(world.job.workspace, 'app')}`, 'bs=1M', 'count=8'], { stdio: 'ignore' })
    const built = await timedBuild(world, { cache: 'local', 'cache-dir': dir })
    expect(built.warnings).toEqual([expect.stringContaining(`Cache ${dir}: it was not written (`)])
    expect(built.warnings[0]).toMatch(/no space left/i)
    expect(readFileSync(join(dir, 'index.json'), 'utf8')).toBe(index)
    expectWhole(dir)
    expect(strays(dir)).toEqual([])
  })
})

async function prepare(world: World): Promise<string> {
  await world.login(world.a)
  await world.login(world.b)
  writeApp(world)
  return join(world.folder, 'cache')
}

/** Ends the action with SIGKILL so many milliseconds after the export has begun. @returns whether it was still there */
async function killedBuild(world: World, dir: string, delay: number): Promise<boolean> {
  const inputs = { images: world.repository(), tags: '1', platforms: 'linux/amd64', push: 'true', cache: 'local', 'cache-dir': dir }
  const result = await world.build(inputs, {
    during: (child, output) => {
      const timer = setInterval(async () => {
        if (!output().includes('exporting cache to client directory')) return
        clearInterval(timer)
        await sleep(delay)
        child.kill('SIGKILL')
      }, 10)
      child.once('close', () => clearInterval(timer))
    },
  })
  if (result.signal === 'SIGKILL') return true
  passed(result)
  return false
}

/** Every blob that the index leads to is there and has the size that it should; nothing else is. */
function expectWhole(dir: string): void {
  if (!existsSync(join(dir, 'index.json'))) return
  const { manifests } = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as { manifests: Entry[] }
  expect(manifests.length).toBeGreaterThan(0)
  for (const manifest of manifests) {
    const { config, layers } = JSON.parse(readFileSync(blob(dir, manifest), 'utf8')) as { config: Entry; layers: Entry[] }
    for (const entry of [manifest, config, ...layers]) expect(statSync(blob(dir, entry)).size).toBe(entry.size)
  }
}

interface Entry {
  readonly digest: string
  readonly size: number
}

function blob(dir: string, { digest }: Entry): string {
  return join(dir, 'blobs', ...digest.split(':'))
}

function strays(dir: string): string[] {
  return readdirSync(dir).filter((name) => !['blobs', 'index.json', 'oci-layout'].includes(name))
}

function sizeOf(dir: string): number {
  return readdirSync(join(dir, 'blobs/sha256')).reduce((sum, name) => sum + statSync(join(dir, 'blobs/sha256', name)).size, 0)
}
