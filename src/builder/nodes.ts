import { formatPlatform, parsePlatform } from '../registry/platform.ts'
import { isMap, known, parseYaml, text, texts } from './yaml.ts'

/** A node of a builder, as the user asks for it. Certificates are PEM texts or paths. */
export interface NodeSetting {
  readonly name: string
  readonly endpoint: string
  /** What it is to build, in place of all that it can; normalised. */
  readonly platforms: readonly string[]
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/**
 * Reads the input append: a list of nodes.
 *
 * @throws Error that names the entry and the field
 * @see https://docs.docker.com/build/ci/github-actions/configure-builder/#append-additional-nodes-to-the-builder for the form
 */
export function parseNodes(yaml: string): NodeSetting[] {
  const parsed = parseYaml(yaml)
  if (parsed === undefined) return []
  if (!Array.isArray(parsed)) throw new Error('is not a list; begin each node with "- endpoint: …"')
  return parsed.map((item: unknown, index) => {
    try {
      return readNode(item)
    } catch (cause) {
      throw new Error(`entry ${index + 1}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
}

function readNode(item: unknown): NodeSetting {
  if (!isMap(item)) throw new Error('is not a set of endpoint, platforms, driver-opts and name')
  known(item, ['name', 'endpoint', 'platforms', 'driver-opts', 'buildkitd-flags', 'ca', 'cert', 'key'])
  return {
    name: text(item, 'name'),
    endpoint: text(item, 'endpoint'),
    platforms: texts(item, 'platforms')
      .flatMap((list) => list.split(','))
      .filter((each) => each.trim() !== '')
      .map((each) => formatPlatform(parsePlatform(each))),
    driverOpts: texts(item, 'driver-opts'),
    buildkitdFlags: text(item, 'buildkitd-flags'),
    ca: text(item, 'ca'),
    cert: text(item, 'cert'),
    key: text(item, 'key'),
  }
}
