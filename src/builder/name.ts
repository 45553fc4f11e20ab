import { createHash } from 'node:crypto'
import type { PlannedBuilder } from './create.ts'
import { formatOwner } from './owner.ts'
import type { Workshop } from './workshop.ts'

/** A name that says which run made the builder, unless it is to outlive the run or the user names it. */
export function builderName({ config, needs, owner, env, engine }: Workshop, driver: PlannedBuilder['driver']): string {
  const { name, driverOpts, buildkitdFlags, buildkitdConfig, buildkitdConfigInline, registries, endpoint, append, keepState, tls } = config
  if (name !== '') return name
  const made = [driverOpts, buildkitdFlags, buildkitdConfig, buildkitdConfigInline, registries, endpoint, append, tls.ca, tls.cert]
  const parts = [driver, ...made, needs.entitlements, engine.endpoint.host]
  // Users of one engine do not see each other's records.
  if (keepState) return `manifold-kept-${builderMark([...parts, process.getuid?.()])}`
  const run =
    [env.GITHUB_RUN_ID, env.GITHUB_RUN_ATTEMPT]
      .filter(Boolean)
      .join('-')
      .replaceAll(/[^\w-]/g, '') || 'run'
  // Jobs of one run, on a runner that is one process for them all, have different folders.
  const job = [env.GITHUB_JOB, env.RUNNER_NAME, env.RUNNER_TEMP, env.GITHUB_WORKSPACE]
  return `manifold-${run}-${formatOwner(owner)}-${builderMark([...parts, ...job])}`.toLowerCase()
}

/** A mark of everything a builder is made of, eight hexadecimal digits: two steps that ask for the same get the same builder. */
function builderMark(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8)
}
