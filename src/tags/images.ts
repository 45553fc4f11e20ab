import { parseRepository, type Repository } from '../registry/reference.ts'
import { splitFields } from '../text/csv.ts'
import { suggest } from '../text/nearest.ts'

/**
 * Reads the lines of the input images: repositories, several on a line with commas between them, or one with attributes, as in
 * `name=ghcr.io/me/app,enable=false`. Names are lowered, since people build them from the code host's, which may hold capitals.
 *
 * @returns the repositories that are enabled, each once
 * @throws Error that shows the line and says what is wrong
 * @see https://github.com/docker/metadata-action#images-input
 */
export function parseImages(lines: readonly string[]): Repository[] {
  const repositories = lines.flatMap(parseLine).map((name) => parseRepository(name.toLowerCase()))
  return [...new Map(repositories.map((repository) => [`${repository.host}/${repository.path}`, repository])).values()]
}

function parseLine(line: string): string[] {
  const fields = splitFields(line).filter((field) => field !== '')
  if (!fields.some((field) => field.includes('='))) return fields
  let name = ''
  let enabled = true
  for (const field of fields) {
    const [, key = 'name', value = field] = /^([^=]*)=(.*)$/s.exec(field) ?? []
    switch (key.trim().toLowerCase()) {
      case 'name':
        if (name !== '') throw new Error(`"${line}" has two names; write one on each line`)
        name = value.trim()
        break
      case 'enable':
        enabled = readEnable(line, value.trim())
        break
      default:
        throw new Error(`"${line}": the attribute "${key.trim()}" is not known${suggest(key.trim(), ['name', 'enable'])}`)
    }
  }
  if (name === '') throw new Error(`"${line}" has no name; write it as name=registry.example.com/app`)
  return enabled ? [name] : []
}

function readEnable(line: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error(`"${line}": enable must be true or false`)
  return value === 'true'
}
