// The machine's own apt: which mirror it uses, and packages of any architecture unpacked without being installed.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { outcome, run } from './command.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** @typedef {{id: string, codename: string}} Release what /etc/os-release says: `debian`, `bookworm` */
/** @typedef {{uri: string, codename: string}} Mirror */

/** @returns {Release | undefined} nothing where it is neither Debian nor Ubuntu, or has no apt */
export function release() {
  try {
    /** @type {Record<string, string>} */
    const fields = {}
    for (const [, name, value] of readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm))
      fields[name ?? ''] = value ?? ''
    const { ID: id, VERSION_CODENAME: codename } = fields
    return (id === 'debian' || id === 'ubuntu') && codename ? { id, codename } : undefined
  } catch {
    return undefined
  }
}

/** @returns {string} the Debian release that foreign packages come from; `debian` where none is known */
export function debianCodename() {
  const [, suite] = (process.env.MANIFOLD_TESTBED_MIRROR ?? '').split(' ')
  return suite || (release()?.id === 'debian' && release()?.codename) || 'debian'
}

/**
 * The Debian mirror that this machine's apt is configured for; on another system, what MANIFOLD_TESTBED_MIRROR names as
 * `URI CODENAME`.
 *
 * @returns {Promise<Mirror>}
 * @throws {Error} if there is none
 */
export async function debianMirror() {
  const [uri, suite] = (process.env.MANIFOLD_TESTBED_MIRROR ?? '').split(' ')
  if (uri && suite) return { uri, codename: suite }
  const here = release()
  if (here?.id === 'debian') {
    const fields = '$(CREATED_BY)|$(COMPONENT)|$(RELEASE)|$(ORIGIN)|$(REPO_URI)'
    const { stdout } = await outcome(['apt-get', 'indextargets', '--format', fields])
    // Before the first `apt-get update` no release file says who it is from: then the path tells.
    const unread = await outcome(['apt-get', 'indextargets', '--no-release-info', '--format', fields])
    for (const line of [...stdout.split('\n'), ...unread.stdout.split('\n')]) {
      const [by, component, suite = '', origin = '', uri = ''] = line.split('|')
      const isDebian = origin === 'Debian' || (origin.startsWith('$') && /\/debian\/?$/.test(uri))
      if (by === 'Packages' && component === 'main' && isDebian && [here.codename, 'stable', 'oldstable'].includes(suite)) {
        return { uri, codename: here.codename }
      }
    }
  }
  throw new Error(
    "packages: no Debian mirror is known: this machine's apt has no source of the suite it was installed from; " +
      'set MANIFOLD_TESTBED_MIRROR to "URI CODENAME" of one, for example a local mirror and bookworm',
  )
}

/**
 * @returns {Promise<boolean>} whether apt has read what the release that is installed here consists of. Where it has not, it would
 *   take every package from the one source it has read.
 */
export async function hasLists() {
  const { stdout } = await outcome(['apt-get', 'indextargets', '--format', '$(CREATED_BY)|$(RELEASE)|$(FILENAME)'])
  return stdout.split('\n').some((line) => {
    const [by, suite = '', file = ''] = line.split('|')
    return by === 'Packages' && [release()?.codename, 'stable', 'oldstable'].includes(suite) && file !== '' && existsSync(file)
  })
}

/**
 * @param {Mirror} mirror
 * @param {readonly string[]} [architectures] Debian's names; default this machine's
 * @returns {string} an apt source in deb822 form: https://manpages.debian.org/bookworm/apt/sources.list.5.en.html
 */
export function source({ uri, codename }, architectures = []) {
  const lines = ['Types: deb', `URIs: ${uri}`, `Suites: ${codename}`, 'Components: main']
  if (architectures.length > 0) lines.push(`Architectures: ${architectures.join(' ')}`)
  return `${[...lines, `Signed-By: ${KEYRING}`].join('\n')}\n`
}

/**
 * Downloads packages and unpacks each into a folder of its own; needs no root and changes nothing of the machine's apt.
 *
 * @param {object} wanted
 * @param {Mirror} wanted.mirror
 * @param {readonly string[]} wanted.packages names
 * @param {readonly string[]} wanted.architectures Debian's names
 * @param {string} into an existing folder; the result is `into/ARCHITECTURE/` for each architecture that has them all
 * @returns {Promise<string[]>} the architectures that are not to be had there
 */
export async function unpackForeign({ mirror, packages, architectures }, into) {
  const work = mkdtempSync(join(into, '.apt-'))
  try {
    for (const folder of ['lists', 'cache']) mkdirSync(join(work, folder))
    const list = join(work, 'list.sources')
    writeFileSync(list, source(mirror, architectures))
    const settings = {
      'Dir::Etc::SourceList': list,
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::State::Lists': join(work, 'lists'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(work, 'cache'),
      'APT::Architectures': architectures.join(','),
      'APT::Sandbox::User': '', // The unprivileged user it would take could not read a private folder.
      'APT::Update::Post-Invoke-Success': '', // A desktop's hook about new packages is none of ours.
      'Acquire::Languages': 'none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
      'Acquire::Retries': '3',
    }
    const apt = ['apt-get', '-q', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
    const part = 'packages'
    await run([...apt, 'update'], { part, seconds: 300 })
    const download = async (/** @type {readonly string[]} */ wanted) => {
      const folder = mkdtempSync(join(work, 'deb-'))
      const names = wanted.flatMap((architecture) => packages.map((name) => `${name}:${architecture}`))
      const { code } = await outcome([...apt, 'download', ...names], { part, cwd: folder, seconds: 300 })
      if (code !== 0) return false
      for (const file of readdirSync(folder)) {
        const architecture = /_(\w+)\.deb$/.exec(file)?.[1] ?? 'all'
        for (const target of architecture === 'all' ? wanted : [architecture])
          await run(['dpkg-deb', '-x', join(folder, file), join(into, target)], { part })
      }
      return true
    }
    // All at once is quick, and refused as a whole where one is not to be had.
    if (await download(architectures)) return []
    /** @type {string[]} */
    const missing = []
    for (const architecture of architectures) if (!(await download([architecture]))) missing.push(architecture)
    return missing
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
