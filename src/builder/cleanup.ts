import { rm, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { flag } from '../docker/command.ts'
import { exec } from '../docker/exec.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import { currentEndpoint } from './endpoint.ts'
import { EngineClient } from './engine.ts'
import { lastLine } from './faults.ts'
import { exclusively, STALE } from './lock.ts'
import { isLiving, parseOwner, processStart } from './owner.ts'
import { type BuilderClaim, type FiledRecord, type RunRecord, readRecord, readRecords, removeRecord, writeRecord } from './records.ts'
import { buildxConfigDir, storedBuilder } from './store.ts'

export interface UndoDeps {
  readonly root: string
  readonly env: Env
  readonly warn: (line: string) => void
}

const PATIENCE = 60_000

/**
 * Undoes what a record says was made: ends processes, removes builders with their containers and state, contexts and files.
 * What is gone already is fine, so that it can be done again. A builder that another living step uses stays.
 *
 * @returns whether all is gone; if not, the record stays, and the next step that finds it tries again
 */
export async function undo({ path, record }: FiledRecord, deps: UndoDeps): Promise<boolean> {
  const env = { ...deps.env, ...record.env }
  const engine = await engineOf(record, env)
  const faults: unknown[] = []
  let complete = true
  const step = async (work: () => Promise<unknown>) => {
    if ((await work().catch((fault: unknown) => void faults.push(fault))) === false) complete = false
  }
  for (const process of record.processes) await step(() => endProcess(process))
  for (const claim of record.builders) {
    await step(() => exclusively(deps.root, claim.name, () => release(claim, { path, record }, { ...deps, env, engine })))
  }
  for (const name of record.containers) await step(() => removeContainer(engine, name))
  for (const name of record.contexts) await step(() => removeContext(name, env))
  for (const folder of record.folders) {
    // Nothing but a folder of ours is removed, whatever the record says.
    if (basename(folder).startsWith('manifold-')) await step(() => rm(folder, { recursive: true, force: true }))
  }
  for (const fault of faults) deps.warn(`cleaning up: ${describe(fault)}`)
  if (!complete || faults.length > 0) return false
  await removeRecord(path, STALE)
  return true
}

/** Undoes the record that main left, if it left one: for post. */
export async function undoPath(path: string, deps: UndoDeps): Promise<void> {
  const filed = await readRecord(path)
  if (filed) await undo(filed, deps)
}

/** Removes a container with its anonymous volumes; none being there is fine. @throws Error when the engine refuses */
export async function removeContainer(engine: EngineClient, name: string): Promise<void> {
  if (!engine.direct) return
  const { status, body } = await engine.ask('DELETE', `/containers/${encodeURIComponent(name)}?force=true&v=true`, PATIENCE)
  // 409: somebody else is removing it at this moment.
  if (status >= 400 && status !== 404 && status !== 409)
    throw new Error(`the container ${name} cannot be removed (status ${status}: ${said(body)})`)
}

/** Removes a volume; none being there is fine. @throws Error when it is in use, or the engine refuses */
export async function removeVolume(engine: EngineClient, name: string): Promise<void> {
  if (!engine.direct) return
  for (let tries = 1; ; tries++) {
    const { status, body } = await engine.ask('DELETE', `/volumes/${encodeURIComponent(name)}?force=true`, PATIENCE)
    if (status < 400 || status === 404) return
    // Its container may be just going.
    if (status !== 409 || tries === 20) throw new Error(`the volume ${name} cannot be removed (status ${status}: ${said(body)})`)
    await sleep(100)
  }
}

/** What buildx calls a node's container; the volume with its state has `_state` behind it. */
export function containerName(node: string): string {
  return `buildx_buildkit_${node}`
}

interface Place extends UndoDeps {
  readonly engine: EngineClient
}

/** The engine of a record, with the certificates that it may need. */
async function engineOf({ context, host }: RunRecord, env: Env): Promise<EngineClient> {
  const found = await currentEndpoint(dockerConfigDir(env), env).catch(() => undefined)
  return new EngineClient(found?.host === host ? found : { context, host })
}

/**
 * Gives up a claim, and removes the builder when it was the last. To be called with the builder's lock held.
 *
 * @returns false when somebody still builds on it: then it is to be tried again
 */
async function release(claim: BuilderClaim, { path, record }: FiledRecord, place: Place): Promise<boolean> {
  const { root, env, engine } = place
  const others = await otherClaims(claim, { path, record }, root)
  const dir = buildxConfigDir(dockerConfigDir(env), env)
  if (others.length === 0) {
    if (claim.shared && (await isBusy(claim, engine))) return false
    await removeBuilder(claim, record, place)
  } else if (others.every((other) => buildxConfigDir(dockerConfigDir(other.env), other.env) !== dir)) {
    // Others build on it: only what this step wrote into its own directory of buildx's goes.
    await unlinkStored(claim.name, dir)
  }
  const now = (await readRecord(path))?.record ?? record
  await writeRecord(path, { ...now, builders: now.builders.filter(({ name }) => name !== claim.name) })
  return true
}

async function otherClaims(claim: BuilderClaim, { path, record }: FiledRecord, root: string): Promise<RunRecord[]> {
  const same = (await readRecords(root)).filter(
    (other) => other.path !== path && other.record.host === record.host && other.record.builders.some(({ name }) => name === claim.name),
  )
  const verdicts = await Promise.all(
    same.map(async ({ record: other }) => {
      const owner = parseOwner(other.owner)
      return owner && (await isLiving(owner)) === 'dead' ? undefined : other
    }),
  )
  return verdicts.filter((each) => each !== undefined)
}

/** Whether somebody builds on it who left no record here, such as a job in a container: each client is a process inside. */
async function isBusy({ driver, nodes }: BuilderClaim, engine: EngineClient): Promise<boolean> {
  if (driver !== 'docker-container' || !engine.direct) return false
  for (const node of nodes) {
    const { status, body } = await engine.ask('GET', `/containers/${containerName(node)}/json`)
    if (status !== 200) continue
    const { ExecIDs: clients } = JSON.parse(body) as { ExecIDs?: unknown }
    if (Array.isArray(clients) && clients.length > 0) return true
  }
  return false
}

async function removeBuilder(
  { name, driver, keepState, nodes }: BuilderClaim,
  record: RunRecord,
  { env, engine, warn }: Place,
): Promise<void> {
  const dir = buildxConfigDir(dockerConfigDir(env), env)
  if (await storedBuilder(dir, name)) {
    const command = [...record.buildx, 'rm', '--force', ...flag('--keep-state', keepState), name]
    const result = await exec(command, { env, timeout: PATIENCE }).catch((fault: unknown) => ({ exitCode: 1, stderr: describe(fault) }))
    // It is in no file of buildx's any more, so that trying again would do nothing: somebody has to look.
    if (result.exitCode !== 0 && driver !== 'docker-container')
      warn(`cleaning up: the ${driver} builder ${name} may be left (${lastLine(result.stderr)})`)
    await unlinkStored(name, dir)
  }
  if (driver !== 'docker-container') return
  // buildx removes what its own files know of. After a kill in between, and when those files are gone, the engine knows more.
  for (const node of nodes) {
    await removeContainer(engine, containerName(node))
    if (!keepState) await removeVolume(engine, `${containerName(node)}_state`)
  }
}

async function unlinkStored(name: string, dir: string): Promise<void> {
  for (const folder of ['instances', 'activity']) await unlink(join(dir, folder, name)).catch(() => undefined)
}

async function removeContext(name: string, env: Env): Promise<void> {
  const { exitCode, stderr } = await exec(['docker', 'context', 'rm', '--force', name], { env, timeout: PATIENCE })
  if (exitCode !== 0 && !/not found/i.test(stderr)) throw new Error(`the docker context ${name} cannot be removed: ${stderr.trim()}`)
}

/** Ends a process that a killed step left running; one that has its number by now is let be. */
export async function endProcess({ pid, started }: RunRecord['processes'][number]): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let waits = 0; waits < 40; waits++) {
      if ((await processStart(pid)) !== started) return
      if (waits === 0) process.kill(pid, signal)
      await sleep(50)
    }
  }
}

function said(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message)
  } catch {
    return body.trim()
  }
}
