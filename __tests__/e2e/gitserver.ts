import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { World } from './bed.ts'
import { listen } from './servers.ts'

/** A code host on the loopback interface: `git http-backend` behind a password, as Gitea and Forgejo ask for one. */
export interface GitServer {
  /** With its port. */
  readonly host: string
  readonly url: string
  /** Credentials as they came, in order; undefined for a request without any. */
  readonly seen: (string | undefined)[]
}

/**
 * Starts a code host.
 *
 * @param token what is needed to read; undefined for a public one
 */
export async function startGit(world: World, token?: string): Promise<GitServer & { readonly root: string }> {
  const root = mkdtempSync(join(world.folder, 'git-'))
  const seen: GitServer['seen'] = []
  const server = createServer((request, response) => {
    const given = /^basic (.*)$/i.exec(request.headers.authorization ?? '')?.[1]
    const credential = given === undefined ? undefined : Buffer.from(given, 'base64').toString('utf8')
    seen.push(credential)
    if (token !== undefined && credential !== `x-access-token:${token}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="code"' }).end()
    } else serve(root, request, response)
  })
  const host = await listen(world, server)
  return { host, url: `http://${host}`, seen, root }
}

/** Makes a repository of one commit. @returns the commit */
export function addRepository({ root }: { readonly root: string }, name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, `${name}.git`)
  const work = mkdtempSync(join(root, 'work-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true })
    writeFileSync(join(work, path), text)
  }
  commitAll(work)
  git(work, 'clone', '--quiet', '--bare', work, folder)
  return git(work, 'rev-parse', 'HEAD').trim()
}

/** Makes a folder a repository with one commit of all that is in it, made at a fixed time. */
export function commitAll(folder: string): void {
  git(folder, 'init', '--quiet', '--initial-branch', 'main')
  git(folder, 'add', '--all')
  git(folder, '-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'test')
}

/** When the commits of {@link commitAll} were made, in seconds since 1970. */
export const COMMITTED = 1_790_000_000

export function git(folder: string, ...args: string[]): string {
  const date = `${COMMITTED} +0000`
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', env })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** https://git-scm.com/docs/git-http-backend, called as https://www.rfc-editor.org/rfc/rfc3875 says. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    },
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => undefined)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.once('close', () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf('\r\n\r\n')
    const headers = all
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(/: (.*)/s) as [string, string])
    const status = headers.find(([name]) => name === 'Status')?.[1]
    response.writeHead(
      Number.parseInt(status ?? '200', 10),
      Object.fromEntries(headers.filter(([name]) => name !== 'Status').map(([name, value]) => [name, value])),
    )
    response.end(all.subarray(end + 4))
  })
}
