/** What BuildKit's name of a vertex says. */
export interface StepName {
  /** `step` and `base` are numbered lines of a Dockerfile; `load` is work before them, `export` work after them. */
  readonly kind: 'step' | 'base' | 'load' | 'export'
  /** The platform it is built for, such as `linux/arm64`; the empty string where the name does not tell. */
  readonly platform: string
  /** The platform it runs on, where that is another one: cross-compilation. */
  readonly runsOn: string
  readonly stage: string
  /** `2/5`, or the empty string. */
  readonly position: string
  /** The instruction, or the work in BuildKit's words, in one line. */
  readonly text: string
}

const PLATFORM = /^([a-z][\w.]*)\/([a-z][\w.]*)((?:\/[\w.]+)?)(?:->([\w./]+))?$/i
const OS = /^(?:linux|windows|darwin|freebsd|netbsd|openbsd|wasip1|wasi)$/

/**
 * Reads the name of a vertex, such as `[linux/amd64->arm64 build  3/12] RUN make`.
 *
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go prefixCommand, formatTargetPlatform
 */
export function readStepName(name: string): StepName {
  const [, bracket = '', rest] = /^\[([^\]]*)\] ?(.*)$/s.exec(name) ?? []
  // A part of COPY --link is named after its kind and the instruction.
  const text = (rest ?? name)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^LINK (?=COPY |ADD )/, '')
  const words = bracket.split(' ').filter((word) => word !== '')
  const platform = PLATFORM.exec(words[0] ?? '')
  if (platform) words.shift()
  const position = /^\d+\/\d+$/.test(words.at(-1) ?? '') ? (words.pop() ?? '') : ''
  return {
    kind:
      position !== ''
        ? text.startsWith('FROM ')
          ? 'base'
          : 'step'
        : /^(?:exporting|pushing|merging|resolving prov)/.test(text)
          ? 'export'
          : 'load',
    ...readPlatform(platform),
    stage: position === '' ? '' : words.join(' '),
    position,
    text: position === '' && words.length > 0 && words[0] !== 'internal' ? `${words.join(' ')}: ${text}` : text,
  }
}

function readPlatform(found: RegExpExecArray | null): Pick<StepName, 'platform' | 'runsOn'> {
  if (!found) return { platform: '', runsOn: '' }
  const [, os = '', architecture = '', variant = '', target] = found
  const own = `${os}/${architecture}${variant}`
  if (target === undefined) return { platform: own, runsOn: '' }
  // Only what differs stands behind the arrow: a variant, an architecture, or all of it.
  if (/^v\d+$/.test(target)) return { platform: `${os}/${architecture}/${target}`, runsOn: own }
  return { platform: OS.test(target.split('/', 1)[0] ?? '') ? target : `${os}/${target}`, runsOn: own }
}
