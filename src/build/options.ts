import { flag } from '../docker/command.ts'
import { type InputReader, named } from '../runner/input.ts'
import { type Entry, splitCommas, splitEntries, splitLines } from '../text/list.ts'
import { resolveContext, type Source } from './context.ts'

/** Inputs that are handed on to `buildx build` as they are. @see https://docs.docker.com/reference/cli/docker/buildx/build/#options */
export interface BuildOptions {
  readonly addHosts: readonly string[]
  readonly allow: readonly string[]
  readonly buildContexts: readonly string[]
  /** How to evaluate the build: `build`, `check`, `outline`, `targets`; the empty string for a plain build. */
  readonly call: string
  readonly cgroupParent: string
  readonly network: string
  readonly noCacheFilters: readonly string[]
  readonly shmSize: string
  readonly ssh: readonly string[]
  readonly ulimit: readonly string[]
}

/**
 * Reads those inputs. Which of them take commas between entries, and which keep them, is as in build-push-action.
 *
 * @throws Error that names the input
 */
export function readOptions(input: InputReader, source: Source): BuildOptions {
  const text = (name: string) => input(name).trim()
  return {
    addHosts: named('add-hosts', () => splitEntries(input('add-hosts'), { commas: true })).map(checkHost),
    allow: named('allow', () => splitCommas(input('allow'))),
    buildContexts: pairs(input, 'build-contexts', 'name=path').map((pair) => named('build-contexts', () => resolveContext(pair, source))),
    call: text('call'),
    cgroupParent: text('cgroup-parent'),
    network: text('network'),
    noCacheFilters: named('no-cache-filters', () => splitCommas(input('no-cache-filters'))),
    shmSize: text('shm-size'),
    ssh: named('ssh', () => splitCommas(input('ssh'))),
    ulimit: named('ulimit', () => splitLines(input('ulimit'))),
  }
}

/** The flags for those inputs. */
export function optionFlags(options: BuildOptions): string[] {
  return [
    ...flag('--add-host', options.addHosts),
    ...flag('--allow', options.allow),
    ...flag('--build-context', options.buildContexts),
    ...flag('--call', options.call),
    ...flag('--cgroup-parent', options.cgroupParent),
    ...flag('--network', options.network),
    ...flag('--no-cache-filter', options.noCacheFilters),
    ...flag('--shm-size', options.shmSize),
    ...flag('--ssh', options.ssh),
    ...flag('--ulimit', options.ulimit),
  ]
}

/** Whether the build only looks at the Dockerfile and makes no image. */
export function isQuery({ call }: Pick<BuildOptions, 'call'>): boolean {
  // `check,format=json` and the like: https://docs.docker.com/reference/cli/docker/buildx/build/#call
  const method = call.split(',', 1)[0] ?? ''
  return method !== '' && method !== 'build'
}

function pairs(input: InputReader, name: string, form: string): string[] {
  return named(name, () => splitEntries(input(name), { commas: false })).map(({ text, line }) => {
    if (text.indexOf('=') <= 0) throw new Error(`input ${name}, line ${line}: the entry has no "="; write it as ${form}`)
    return text
  })
}

/** buildx takes `host:ip` and `host=ip`, and says of anything else only that it is a bad format. */
function checkHost({ text, line }: Entry): string {
  if (/^[^:=\s]+[:=]\S+$/.test(text)) return text
  throw new Error(`input add-hosts, line ${line}: this is no mapping; write it as host:address, such as docker:10.180.0.1`)
}
