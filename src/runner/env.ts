import { homedir } from 'node:os'
import { join } from 'node:path'

/** The environment, read in this file only. Names and values are as the process got them. */
export type Env = Readonly<Record<string, string | undefined>>

/** The environment of this process. */
export function processEnv(): Env {
  return process.env
}

/** The directory of Docker's config.json. @see https://docs.docker.com/reference/cli/docker/#environment-variables */
export function dockerConfigDir(env: Env): string {
  return env.DOCKER_CONFIG || join(homedir(), '.docker')
}

/** Where temporary files of this job belong: the runner's own folder, which it empties after the job, else the system's. */
export function tempRoot(env: Env): string {
  return env.RUNNER_TEMP || env.TMPDIR || '/tmp'
}

/** The folder of the repository's files, where a step begins. */
export function workspaceDir(env: Env): string {
  return env.GITHUB_WORKSPACE || process.cwd()
}

/** Sets a variable for a library that reads the environment itself, where the runner has not set it. */
export function provideEnv(name: string, value: string): void {
  process.env[name] ||= value
}

/**
 * Runs something that takes the folder it is in, and the runner's word for the workspace, from this process. Nothing else of a
 * step may run meanwhile.
 */
export async function asWorkspace<Value>(folder: string, work: () => Promise<Value>): Promise<Value> {
  const before = { folder: process.cwd(), workspace: process.env.GITHUB_WORKSPACE }
  process.chdir(folder)
  process.env.GITHUB_WORKSPACE = folder
  try {
    return await work()
  } finally {
    process.chdir(before.folder)
    if (before.workspace === undefined) delete process.env.GITHUB_WORKSPACE
    else process.env.GITHUB_WORKSPACE = before.workspace
  }
}
