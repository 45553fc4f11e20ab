/** One node of a builder, as `buildx inspect` tells of it. */
export interface BuilderNode {
  readonly name: string
  readonly endpoint: string
  /** `running`, `inactive`, `stopped`; the empty string when it could not be asked. */
  readonly status: string
  /** Why it could not be asked. */
  readonly error?: string
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
  readonly buildkit: string
  /** All that it can build. */
  readonly platforms: readonly string[]
  /** What it was made for, where that was said: the other nodes then build the rest. */
  readonly fixed: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface InspectedBuilder {
  readonly name: string
  readonly driver: string
  readonly error?: string
  readonly nodes: readonly BuilderNode[]
}

/**
 * Reads what `buildx inspect` prints. There is no JSON of it, and `buildx ls --format json` asks every builder of the
 * machine, also those that do not answer.
 *
 * @see https://github.com/docker/buildx/blob/master/commands/inspect.go for the form
 */
export function parseInspect(text: string): InspectedBuilder {
  const [head = '', ...blocks] = text
    .replaceAll('\r\n', '\n')
    .split(/^Name:/m)
    .slice(1)
  const [top = '', first] = head.split(/^Nodes:$/m)
  const fields = readFields(`Name:${top}`)
  const error = fields.get('Error')
  return {
    name: fields.get('Name') ?? '',
    driver: fields.get('Driver') ?? '',
    ...(error === undefined ? {} : { error }),
    nodes: [...(first?.trim() ? [first] : []), ...blocks].map((block) => readNode(`Name:${block}`)),
  }
}

/** The nodes as JSON for an output, in the shape that users of setup-buildx-action know. Values of env.* options are left out. */
export function formatNodes(nodes: readonly BuilderNode[]): string {
  return JSON.stringify(
    nodes.map((node) => ({
      name: node.name,
      endpoint: node.endpoint,
      'driver-opts': node.driverOpts.map((option) => (option.startsWith('env.') ? `${option.split('=', 1)[0]}=…` : option)),
      status: node.status,
      'buildkitd-flags': node.buildkitdFlags,
      buildkit: node.buildkit,
      platforms: (node.fixed.length > 0 ? node.fixed : node.platforms).join(','),
      ...(node.error === undefined ? {} : { error: node.error }),
    })),
  )
}

function readNode(block: string): BuilderNode {
  const fields = readFields(block)
  const platforms = (fields.get('Platforms') ?? '').split(',').map((each) => each.trim())
  const error = fields.get('Error')
  return {
    name: fields.get('Name') ?? '',
    endpoint: fields.get('Endpoint') ?? '',
    status: fields.get('Status') ?? '',
    ...(error === undefined ? {} : { error }),
    driverOpts: [...(fields.get('Driver Options') ?? '').matchAll(/([\w.-]+)=("(?:[^"\\]|\\.)*")/g)].map(
      ([, key = '', value = '""']) => `${key}=${unquote(value)}`,
    ),
    // Before buildx 0.13 the names were shorter.
    buildkitdFlags: fields.get('BuildKit daemon flags') ?? fields.get('Flags') ?? '',
    buildkit: fields.get('BuildKit version') ?? fields.get('Buildkit') ?? '',
    platforms: platforms.map((each) => each.replace('*', '')).filter((each) => each !== ''),
    fixed: platforms.filter((each) => each.endsWith('*')).map((each) => each.slice(0, -1)),
    labels: readLabels(block),
  }
}

/** Lines at the margin: `Name: value`. Where a name stands twice, the first counts. */
function readFields(block: string): Map<string, string> {
  const pairs = [...block.matchAll(/^([A-Z][^:\n]*):[ \t]*(.*)$/gm)].map(([, key = '', value = '']): [string, string] => [
    key,
    value.trim(),
  ])
  return new Map(pairs.toReversed())
}

function readLabels(block: string): Record<string, string> {
  const lines = /^Labels:\n((?:[ \t].*\n?)*)/m.exec(block)?.[1] ?? ''
  return Object.fromEntries([...lines.matchAll(/^[ \t]+([^:\s]+):[ \t]*(.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()]))
}

/** A value as Go's %q writes it. */
function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted.slice(1, -1)
  }
}
