import { canonicalHost } from '../registry/reference.ts'
import { type InputReader, named } from '../runner/input.ts'
import { splitEntries } from '../text/list.ts'

/** A registry endpoint, with a part of the path where one is given, and what is asked in its place for base images. */
export interface Rewrite {
  readonly from: string
  readonly to: string
}

/** Name of the variable in which buildx takes the path of a source policy. */
export const POLICY_VARIABLE = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY'

// The host, as in a reference, then the beginning of a path.
const ENDPOINT = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d+)?(?:\/[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)?$/i

/**
 * Reads the input rewrite: `from=to` lines.
 *
 * @throws Error that names the line and says what is wrong
 */
export function readRewrites(input: InputReader): Rewrite[] {
  const rewrites = named('rewrite', () => splitEntries(input('rewrite'), { commas: false })).map(({ text, line }) => {
    const [from = '', to, ...more] = text.split('=').map((part) => part.trim())
    try {
      if (to === undefined || more.length > 0) throw new Error('write it as from=to, such as docker.io=mirror.example.com')
      return { from: parseEndpoint(from), to: parseEndpoint(to) }
    } catch (cause) {
      throw new Error(`input rewrite, line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
  for (const { from, to } of rewrites) {
    if (rewrites.filter((other) => other.from === from).length > 1)
      throw new Error(`input rewrite: "${from}" stands there twice; leave one out`)
    // BuildKit looks at the new name with all rules again.
    const again = rewrites.find((other) => to === other.from || to.startsWith(`${other.from}/`))
    if (again) throw new Error(`input rewrite: "${to}", which replaces "${from}", is itself replaced by "${again.to}"; name the last one`)
  }
  return rewrites
}

/**
 * The source policy that replaces the endpoints of images that a build reads, and of nothing that it writes. The longest
 * endpoint comes first, since the first rule that matches counts.
 *
 * @returns JSON for the file that {@link POLICY_VARIABLE} names
 * @see https://docs.docker.com/build/building/variables/#experimental_buildkit_source_policy
 */
export function sourcePolicy(rewrites: readonly Rewrite[]): string {
  const rules = rewrites
    .toSorted((a, b) => b.from.length - a.from.length)
    .map(({ from, to }) => ({
      action: 'CONVERT',
      selector: { identifier: `docker-image://${from}/*` },
      updates: { identifier: `docker-image://${to}/\${1}` },
    }))
  return JSON.stringify({ rules })
}

function parseEndpoint(text: string): string {
  if (/^\w+:\/\//.test(text)) throw new Error(`"${text}": write the host without ${text.replace(/:\/\/.*/s, '://')}`)
  const endpoint = text.replace(/\/+$/, '')
  const slash = endpoint.indexOf('/')
  const host = slash < 0 ? endpoint : endpoint.slice(0, slash)
  if (!ENDPOINT.test(endpoint) || !/[.:]|^localhost$/.test(host)) {
    throw new Error(
      `"${text}" is not a registry's host, with or without the beginning of a path; write it as registry.example.com:5000/team`,
    )
  }
  return `${canonicalHost(host)}${slash < 0 ? '' : endpoint.slice(slash)}`
}
