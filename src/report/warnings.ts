import { posix } from 'node:path'
import type { RawWarning } from '../docker/progress.ts'
import { fromBytes, toBytes } from '../text/base64.ts'
import { oneLine, safeLink } from './escape.ts'

/** Something that the checks of a Dockerfile found. */
export interface Warning {
  /** The rule's name, such as `FromAsCasing`; the empty string where there is none. */
  readonly rule: string
  readonly text: string
  /** Where the rule is explained. */
  readonly url: string | undefined
  /** Path of the Dockerfile from the workspace, and its lines, counted from 1. */
  readonly file: string | undefined
  readonly line: number | undefined
  readonly endLine: number | undefined
}

/** A warning as a runner shows it beside the source. */
export interface Annotation {
  readonly message: string
  readonly properties: { readonly title: string; readonly file?: string; readonly startLine?: number; readonly endLine?: number }
}

/** The number of annotations of one kind that GitHub shows of a step. */
// https://docs.github.com/en/rest/checks/runs#create-a-check-run and https://github.com/orgs/community/discussions/26680
const MOST_ANNOTATIONS = 10
const LONGEST = 500

/**
 * Reads the warnings of a build, each once, though every platform reports its own, in the order of the lines.
 *
 * @param folder where the Dockerfile lies, from the workspace; undefined when it is not a file of the workspace
 * @see https://docs.docker.com/reference/build-checks/
 */
export function readWarnings(raw: readonly RawWarning[], folder: string | undefined): Warning[] {
  const warnings = raw.map((each) => readWarning(each, folder))
  const unlike = new Map(warnings.map((warning) => [`${warning.file}:${warning.line}:${warning.rule}:${warning.text}`, warning]))
  return [...unlike.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

/**
 * The warnings as annotations, no more than a runner shows. Text is one line without control characters; what escapes it for
 * the runner's command is left to the caller.
 */
export function toAnnotations(warnings: readonly Warning[]): Annotation[] {
  return warnings.slice(0, MOST_ANNOTATIONS).map(({ rule, text, url, file, line, endLine }) => ({
    message: url === undefined ? text : `${text} (${url})`,
    properties: {
      title: rule === '' ? 'Dockerfile' : `Dockerfile: ${rule}`,
      ...(file === undefined ? {} : { file }),
      ...(file === undefined || line === undefined ? {} : { startLine: line, endLine: endLine ?? line }),
    },
  }))
}

function readWarning({ short, detail, url, sourceInfo, range }: RawWarning, folder: string | undefined): Warning {
  const said = decode(short) || decode(detail?.[0]) || 'a warning without words'
  const [, rule = '', rest] = /^([A-Z]\w*): (.+)$/.exec(said) ?? []
  const lines = (range ?? []).flatMap(({ start, end }) => [start?.line, end?.line]).filter((line) => Number.isSafeInteger(line))
  const found = lines as number[]
  const file = sourceInfo?.filename
  return {
    rule,
    // The line stands beside it already.
    text: (rest ?? said).replace(/ \(line \d+\)$/, ''),
    url: safeLink(url),
    file: file === undefined || folder === undefined ? undefined : oneLine(posix.join(folder, file), LONGEST),
    line: found.length > 0 ? Math.min(...found) : undefined,
    endLine: found.length > 0 ? Math.max(...found) : undefined,
  }
}

function decode(base64: string | undefined): string {
  return base64 === undefined ? '' : oneLine(fromBytes(toBytes(base64)), LONGEST)
}
