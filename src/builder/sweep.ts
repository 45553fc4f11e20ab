import type { UndoDeps } from './cleanup.ts'
import type { EngineEndpoint } from './endpoint.ts'
import { EngineClient } from './engine.ts'
import { isLiving, parseOwner } from './owner.ts'
import { readRecords } from './records.ts'

/** No job runs longer than five days. @see https://docs.github.com/en/actions/reference/limits */
const LONGEST_JOB = 5 * 24 * 60 * 60 * 1000

/**
 * Finds and removes what jobs that have ended left behind: by their records, and by the names of containers and volumes where
 * the records are gone. Never what a living job made, and never what has no mark of Manifold.
 *
 * @param own the record of this step
 * @returns a line for each thing removed
 */
export async function sweep(endpoint: EngineEndpoint, own: string, deps: UndoDeps): Promise<string[]> {
  const lines: string[] = []
  // Only where there is something to do: the libraries behind it would slow down every start.
  const cleanup = () => import('./cleanup.ts')
  for (const filed of await readRecords(deps.root)) {
    if (filed.path === own || !(await isOver(filed.record.owner, filed.record.created))) continue
    const { undo } = await cleanup()
    const names = filed.record.builders.map(({ name }) => name)
    if (await undo(filed, deps))
      lines.push(`Builder: removed what a job that has ended left behind${names.length > 0 ? ` (${names.join(', ')})` : ''}`)
  }
  const engine = new EngineClient(endpoint)
  if (!engine.direct) return lines
  for (const { kind, name, created } of await listOurs(engine)) {
    const owner = ownerOf(name)
    if (owner === undefined || !(await isOver(owner, created))) continue
    const { removeContainer, removeVolume } = await cleanup()
    await (kind === 'container' ? removeContainer(engine, name) : removeVolume(engine, name))
    lines.push(`Builder: removed the ${kind} ${name}, left by a job that has ended`)
  }
  return lines
}

/**
 * The owner in the name of a container or volume that Manifold made.
 *
 * @returns undefined for a name that is not ours
 */
export function ownerOf(name: string): string | undefined {
  const inBuilder = /^buildx_buildkit_manifold-[\w.-]+-([0-9a-f]{6}(?:\.[0-9a-z]+){4})-[0-9a-f]{8}\d+(?:_state)?$/.exec(name)
  const inInstaller = /^manifold-binfmt-([0-9a-f]{6}(?:\.[0-9a-z]+){4})-[0-9a-f]{8}$/.exec(name)
  return (inBuilder ?? inInstaller)?.[1]
}

interface Thing {
  readonly kind: 'container' | 'volume'
  readonly name: string
  /** Milliseconds since 1970. */
  readonly created: number
}

/** Containers come before volumes, which they hold. */
async function listOurs(engine: EngineClient): Promise<Thing[]> {
  const filter = encodeURIComponent(JSON.stringify({ name: ['manifold-'] }))
  const [containers, volumes] = await Promise.all([
    engine.ask('GET', `/containers/json?all=true&filters=${filter}`),
    engine.ask('GET', `/volumes?filters=${filter}`),
  ])
  const listed = containers.status === 200 ? (JSON.parse(containers.body) as { Names?: string[]; Created?: number }[]) : []
  const kept =
    volumes.status === 200 ? ((JSON.parse(volumes.body) as { Volumes?: { Name: string; CreatedAt?: string }[] | null }).Volumes ?? []) : []
  return [
    ...listed.map(
      ({ Names = [], Created = 0 }): Thing => ({ kind: 'container', name: (Names[0] ?? '').replace(/^\//, ''), created: Created * 1000 }),
    ),
    ...kept.map(({ Name, CreatedAt = '' }): Thing => ({ kind: 'volume', name: Name, created: Date.parse(CreatedAt) })),
  ]
}

async function isOver(owner: string, created: number): Promise<boolean> {
  const parsed = parseOwner(owner)
  if (!parsed) return false
  // A runner that stays on for many jobs still lives when one of them has long ended: then age tells as well.
  return (await isLiving(parsed)) === 'dead' || Date.now() - created > LONGEST_JOB
}
