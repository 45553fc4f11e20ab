import { splitFields } from '../text/csv.ts'
import { suggest } from '../text/nearest.ts'

/** What holds for all tags. @see https://github.com/docker/metadata-action#flavor-input */
export interface Flavor {
  readonly latest: 'auto' | 'true' | 'false'
  readonly prefix: string
  readonly prefixOnLatest: boolean
  readonly suffix: string
  readonly suffixOnLatest: boolean
}

const KEYS = ['latest', 'prefix', 'suffix', 'onlatest']

/**
 * Reads the lines of the input flavor.
 *
 * @throws Error that shows the line and says what is wrong
 */
export function parseFlavor(lines: readonly string[]): Flavor {
  const flavor = { latest: 'auto' as Flavor['latest'], prefix: '', prefixOnLatest: false, suffix: '', suffixOnLatest: false }
  for (const line of lines) {
    let last: 'prefixOnLatest' | 'suffixOnLatest' | undefined
    for (const field of splitFields(line)) {
      const equals = field.indexOf('=')
      if (equals < 0) throw new Error(`"${line}": "${field}" is not of the form latest=auto, prefix=… or suffix=…`)
      const key = field.slice(0, equals).trim().toLowerCase()
      const value = field.slice(equals + 1).trim()
      if (key === 'latest') {
        if (value !== 'auto' && value !== 'true' && value !== 'false') throw new Error(`"${line}": latest must be auto, true or false`)
        flavor.latest = value
      } else if (key === 'prefix' || key === 'suffix') {
        flavor[key] = value
        last = `${key}OnLatest`
      } else if (key === 'onlatest') {
        if (last === undefined) throw new Error(`"${line}": onlatest must follow prefix=… or suffix=… on its line`)
        if (value !== 'true' && value !== 'false') throw new Error(`"${line}": onlatest must be true or false`)
        flavor[last] = value === 'true'
      } else throw new Error(`"${line}": "${key}" is not known${suggest(key, KEYS)}`)
    }
  }
  return flavor
}
