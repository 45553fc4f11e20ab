import type { StepResult, World } from './bed.ts'

/** A line of a step's output that a runner would look at as a workflow command. */
export interface Command {
  readonly name: string
  readonly properties: string
  readonly message: string
  /** Whether the runner carries it out; not between stop-commands and its token. */
  readonly live: boolean
}

/**
 * Reads a step's output as GitHub's runner does: `::name properties::message` at the beginning of a line, leading blanks
 * ignored, or `##[name]` anywhere in it; a line ends at CR as well. After stop-commands only its token counts.
 *
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 * @see https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
 */
export function readCommands(output: string): Command[] {
  const commands: Command[] = []
  let token: string | undefined
  for (const line of output.split(/\r\n|\n|\r/)) {
    const [, header, message = ''] = /^\s*::([^\s:].*?)::(.*)$/.exec(line) ?? /##\[([^\]]+)\](.*)$/.exec(line) ?? []
    if (header === undefined) continue
    const [name = '', ...properties] = header.split(' ')
    const resumes = token !== undefined && name === token
    const live = token === undefined || resumes
    commands.push({ name, properties: properties.join(' '), message: unescapeData(message), live })
    if (resumes) token = undefined
    else if (live && name === 'stop-commands') token = message
  }
  return commands
}

/**
 * The workflow commands of a step, with names for what differs from run to run, for a snapshot: a mask that is lost, or a
 * command that comes alive, shows as a difference.
 */
export function showCommands({ stdout, stderr }: StepResult, world: World): string[] {
  const lines = [...readCommands(stdout), ...readCommands(stderr)].map(({ name, properties, message, live }) => {
    return `${live ? '' : '(stopped) '}::${name}${properties === '' ? '' : ` ${properties}`}::${message}`
  })
  return lines.map((line) => stable(line, world))
}

/** The text with names instead of random tokens, hosts, digests, paths, times and secrets. */
export function stable(text: string, world: World): string {
  const names: [string, string][] = []
  for (const [name, { host, username, password }] of Object.entries({ A: world.a, B: world.b })) {
    names.push([password, `<password of ${name}>`])
    names.push([Buffer.from(`${username}:${password}`).toString('base64'), `<credential of ${name}>`])
    names.push([host, `<registry ${name}>`])
  }
  names.push([world.id, '<id>'], [world.job.workspace, '<workspace>'], [world.job.temp, '<temp>'], [world.job.dockerConfig, '<docker>'])
  const named = names.reduce((all, [value, name]) => all.replaceAll(value, name), text)
  return named
    .replace(/sha256:[0-9a-f]{64}/g, '<digest>')
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<token>')
    .replace(/manifold-\w{6}\b/g, 'manifold-<random>')
}

/** Everything a step leaves in its output and files, but for the commands that mask. */
export function unmasked({ stdout, stderr, outputs, state, summary }: StepResult): string {
  const lines = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  return [...lines, stderr, ...Object.values(outputs), ...Object.values(state), summary].join('\n')
}

/** The forms in which a password could show up. */
export function formsOf({ username, password }: { username: string; password: string }): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return [
    password,
    JSON.stringify(password).slice(1, -1),
    encodeURIComponent(password),
    base64(password),
    base64(`${username}:${password}`),
  ]
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
