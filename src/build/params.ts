import { splitWords } from '../text/words.ts'

/** Further flags for `buildx build`, with those taken out that Manifold has to know of. */
export interface BuildParams {
  /** Passed on as they are. */
  readonly rest: readonly string[]
  readonly platforms: readonly string[]
  readonly tags: readonly string[]
  readonly outputs: readonly string[]
  readonly push: boolean
  readonly load: boolean
}

// Flags without a value: https://docs.docker.com/reference/cli/docker/buildx/build/#options
const BOOLEAN = new Set([
  '--check',
  '--compress',
  '--debug',
  '--force-rm',
  '--load',
  '--no-cache',
  '--pull',
  '--push',
  '--rm',
  '--squash',
  '-D',
])
const SHORT: Readonly<Record<string, string>> = {
  '-t': '--tag',
  '-f': '--file',
  '-o': '--output',
  '-m': '--memory',
  '-c': '--cpu-shares',
  '-q': '--quiet',
}
const OURS: Readonly<Record<string, string>> = {
  '--metadata-file': 'its content is the output metadata',
  '--progress': 'the log is always plain',
  '--quiet': 'the image is in the outputs imageid and digest',
}

/**
 * Reads the input build-params: flags as one types them after `docker buildx build`.
 *
 * @throws Error that names the flag and says what to do
 */
export function parseParams(text: string): BuildParams {
  const words = splitWords(text)
  const rest: string[] = []
  const platforms: string[] = []
  const tags: string[] = []
  const outputs: string[] = []
  let push = false
  let load = false
  for (let at = 0; at < words.length; at++) {
    const { name, value: attached } = readFlag(words[at] ?? '', at + 1)
    const reason = OURS[name]
    if (reason !== undefined) throw new Error(`${name} cannot be set here: ${reason}; leave it out`)
    if (BOOLEAN.has(name)) {
      const on = attached === undefined || readSwitch(name, attached)
      if (name === '--push') push = on
      else if (name === '--load') load = on
      else rest.push(attached === undefined ? name : `${name}=${attached}`)
      continue
    }
    const value = attached ?? words[++at]
    if (value === undefined) throw new Error(`${name} needs a value after it`)
    if (name === '--platform') platforms.push(...value.split(','))
    else if (name === '--tag') tags.push(value)
    else if (name === '--output') outputs.push(value)
    else rest.push(name, value)
  }
  return { rest, platforms, tags, outputs, push, load }
}

/** @see https://pkg.go.dev/strconv#ParseBool, which buildx reads its flags with */
function readSwitch(name: string, value: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false
  throw new Error(`${name} is a switch: write ${name} or ${name}=false`)
}

function readFlag(word: string, number: number): { name: string; value: string | undefined } {
  if (/^--./.test(word)) {
    const equals = word.indexOf('=')
    return equals < 0 ? { name: word, value: undefined } : { name: word.slice(0, equals), value: word.slice(equals + 1) }
  }
  const short = word.slice(0, 2)
  if (!/^-\w$/.test(short)) {
    // The word may be a piece of a value that is secret, so it is named by its number alone.
    throw new Error(`word ${number} is not a flag; put the context into the input context, and quote values with spaces`)
  }
  return { name: SHORT[short] ?? short, value: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined }
}
