import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bed, configFiles, configText, type Job, scenario, together, type World, writeConfig } from './bed.ts'

// A lock that a killed job has left is taken over after 15 seconds, so the jobs of a test wait side by side.
const SECONDS = 90
const BEFORE = ['', '{"auths":{ "r.example.com":{"auth":"eDp5"} } }', '{"auths":{ "HOST":{"auth":"eDp5"} }, "detachKeys":"ctrl-z" }']

describe('the post of a login whose main was killed', () => {
  scenario(
    'while docker login ran, which then went on alone',
    async (world) => {
      // Ends after main is gone, and signs in all the same: nobody tells a child that its parent was killed.
      const login = `printf %s "$password" | '${join(bed.bin, 'docker')}' "$@"`
      const slow = `#!/bin/sh\npassword=$(cat)\ntouch "$STARTED"\nsleep 1\n${login}\ncp "$DOCKER_CONFIG/config.json" "$STARTED"\n`
      const path = `${world.programs({ docker: slow })}:${process.env.PATH}`
      const jobs = BEFORE.map((text, at) => {
        const started = join(world.folder, `started-${at}`)
        const kill = async (child: ChildProcess) => {
          while (!existsSync(started)) await sleep(5)
          child.kill('SIGKILL')
        }
        return { ...newJob(world, text, { PATH: path, STARTED: started }), started, kill }
      })
      await together(
        jobs.map(async ({ job, before, started, kill }) => {
          expect(await killed(world, job, kill)).toBe('SIGKILL')
          await undone(job, before)
          // What stood in config.json when docker login had ended.
          expect(readFileSync(started, 'utf8')).toContain(world.a.host)
        }),
      )
    },
    SECONDS,
  )

  scenario(
    'at any moment',
    async (world) => {
      const jobs = Array.from({ length: 9 }, (_, at) => newJob(world, BEFORE[at % BEFORE.length] ?? '', {}))
      for (const { job } of jobs) {
        const moment = Math.random() * 400
        await killed(world, job, async (child) => {
          await sleep(moment)
          child.kill('SIGKILL')
        })
      }
      await together(jobs.map(({ job, before }) => undone(job, before)))
    },
    SECONDS,
  )

  scenario('by the signal of a cancel: main itself undoes it', async (world) => {
    const started = join(world.folder, 'started')
    const slow = `#!/bin/sh\ntouch "$STARTED"\nexec sleep 30\n`
    const { job, before } = newJob(world, BEFORE[2] ?? '', {
      PATH: `${world.programs({ docker: slow })}:${process.env.PATH}`,
      STARTED: started,
    })
    const { host: registry, username, password } = world.a
    const result = await job.step(
      'login',
      { registry, username, password },
      {
        during: async (child) => {
          while (!existsSync(started)) await sleep(5)
          child.kill('SIGINT')
        },
      },
    )
    expect(result.exitCode).toBe(1)
    expect(result.error).toBe(`login to ${registry}: cancelled`)
    expect(configText(job)).toBe(before)
    expect(configFiles(job)).toEqual(['config.json'])
    await undone(job, before)
  })
})

function newJob(world: World, text: string, env: Record<string, string>): { job: Job; before: string | undefined } {
  const job = world.newJob({ env })
  const before = text === '' ? undefined : text.replace('HOST', world.a.host)
  if (before !== undefined) writeConfig(job, before)
  return { job, before }
}

/** @returns the signal that ended main, null when it was faster */
async function killed({ a }: World, job: Job, kill: (child: ChildProcess) => Promise<void>): Promise<string | null> {
  const { host: registry, username, password } = a
  const { signal } = await job.step('login', { registry, username, password }, { during: kill })
  return signal
}

/** After its post all is as it was: twice, since a post can be run again. */
async function undone(job: Job, before: string | undefined): Promise<void> {
  for (const again of [true, false]) {
    const posts = await job.posts({ again })
    expect(posts.map(({ exitCode, stdout }) => [exitCode, stdout.includes('::warning')])).toEqual([[0, false]])
    expect(configText(job)).toBe(before)
    expect(configFiles(job)).toEqual(before === undefined ? [] : ['config.json'])
  }
}
