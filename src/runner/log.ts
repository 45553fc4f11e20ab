import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'

/**
 * Masks a secret in the job's log: the whole and each of its lines, since not every runner splits it by itself.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
 */
export function maskSecret(secret: string): void {
  const parts = new Set([secret, secret.trim(), ...secret.split(/\r?\n/).map((line) => line.trim())])
  for (const part of parts) if (part.trim() !== '') core.setSecret(part)
}

/**
 * Prints output of others, in a group, with the runner's commands switched off so that it cannot issue any.
 *
 * @param title the group's title
 * @param work gets a function that prints one line
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
 */
export async function foreignGroup<Result>(title: string, work: (print: (line: string) => void) => Promise<Result>): Promise<Result> {
  core.startGroup(title)
  const resume = stopCommands()
  try {
    return await work((line) => process.stdout.write(`${line}\n`))
  } finally {
    resume()
    core.endGroup()
  }
}

/** Prints lines of others as {@link foreignGroup} does, without a group. */
export function printForeign(lines: readonly string[]): void {
  if (lines.length === 0) return
  const resume = stopCommands()
  for (const line of lines) process.stdout.write(`${line}\n`)
  resume()
}

/** @returns a function that lets the runner take commands again */
function stopCommands(): () => void {
  const token = randomUUID()
  process.stdout.write(`::stop-commands::${token}\n`)
  return () => process.stdout.write(`::${token}::\n`)
}

/** The text of an error with the messages of its causes, in one line. */
export function describe(error: unknown): string {
  const messages: string[] = []
  // A cause can be its own: no more than so many are looked at.
  let depth = 0
  for (let each: unknown = error; each !== undefined && depth < 5; each = each instanceof Error ? each.cause : undefined) {
    depth++
    const message = messageOf(each).trim()
    if (message !== '' && !messages.some((known) => known.includes(message))) messages.push(message)
  }
  return messages.join(': ').replaceAll(/\s*\n\s*/g, ' ')
}

/** Node reports a host whose addresses all refuse as an AggregateError with an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
