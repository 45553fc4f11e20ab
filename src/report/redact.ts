import type { Env } from '../runner/env.ts'

// As BuildKit's own check finds names that sound like a secret's: the whole name, or its first or last word.
// https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go SecretsUsedInArgOrEnv
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i
const PUBLIC = /(?:_|^)public(?:_|$)/i
/** A shorter value would take other words of a text with it, and is no secret. */
const SHORTEST = 4

/**
 * A function that takes the values of build arguments out of a text, where the argument's name sounds like a secret's:
 * BuildKit writes them into the names of steps, and a report is a file that no mask of the job's log covers.
 *
 * @param buildArgs `NAME=value`, or `NAME` for one from the environment
 */
export function redactor(buildArgs: readonly string[], env: Env): (text: string) => string {
  const values = buildArgs.flatMap((pair) => {
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    if (!SECRET.test(name) || PUBLIC.test(name)) return []
    const value = equals < 0 ? (env[name] ?? '') : pair.slice(equals + 1)
    return [value, ...value.split(/\r?\n/)].map((part) => part.trim()).filter((part) => part.length >= SHORTEST)
  })
  // The longest first, so that no rest of one stays because another is part of it.
  const longestFirst = [...new Set(values)].sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((left, value) => left.replaceAll(value, '***'), text)
}
