import { readFile } from 'node:fs/promises'

/** What buildx says of a build that succeeded. */
export interface Metadata {
  readonly digest: string | undefined
  readonly imageId: string | undefined
  /** JSON, without fields that are too long for a variable of the environment. */
  readonly text: string | undefined
}

/**
 * The longest output, in bytes. A step's outputs can all end up in one variable of the environment (`toJSON(steps)`), and the
 * kernel takes 128 KiB for one.
 *
 * @see https://man7.org/linux/man-pages/man2/execve.2.html MAX_ARG_STRLEN
 */
const LONGEST = 32 * 1024

/** Reads buildx's metadata file. @throws Error that names the file when it is not JSON */
export async function readMetadata(path: string): Promise<Metadata> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim()
  return parseMetadata(text, path)
}

/**
 * Reads the text of buildx's metadata file.
 *
 * @param path for errors
 * @see https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
 */
export function parseMetadata(text: string, path: string): Metadata {
  if (text === '' || text === 'null') return { digest: undefined, imageId: undefined, text: undefined }
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw new Error(`build: buildx wrote no JSON to ${path}; run the command above by hand`, { cause })
  }
  const digest = nonEmpty(fields['containerimage.digest'])
  // As buildx writes it with --iidfile: the configuration's digest where there is one image, else the digest.
  return { digest, imageId: nonEmpty(fields['containerimage.config.digest']) ?? digest, text: shortened(fields, text) }
}

/** Leaves out the longest fields until the rest is short enough. */
function shortened(fields: Readonly<Record<string, unknown>>, text: string): string {
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '')
  const longest = Object.keys(fields).sort((a, b) => size(fields[b]) - size(fields[a]))
  let kept: Readonly<Record<string, unknown>> = fields
  let written = text
  for (const name of longest) {
    if (Buffer.byteLength(written) <= LONGEST) break
    kept = Object.fromEntries(Object.entries(kept).filter(([key]) => key !== name))
    written = JSON.stringify(kept, null, 2)
  }
  return written
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
