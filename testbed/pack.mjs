// What is in the images that the test bed makes.

import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { packArchive } from './archive.mjs'
import { nativeBusybox } from './base.mjs'
import { outcome } from './command.mjs'
import { emulators } from './packages.mjs'

export const BUILDKIT = 'moby/buildkit:buildx-stable-1' // What buildx boots when nobody says otherwise.
export const BINFMT = 'manifold-testbed/binfmt:stand-in'

const INSTALLER = join(dirname(fileURLToPath(import.meta.url)), 'binfmt/install.sh')

/**
 * Laid out as upstream's: https://github.com/moby/buildkit/blob/v0.32.2/Dockerfile ("buildkit-linux").
 *
 * @param {string} cache
 * @param {{buildkitd: string, buildctl: string, runc: string}} programs
 * @param {string} tar
 */
export async function packBuildkit(cache, programs, tar) {
  await packArchive(
    { tar, reference: BUILDKIT, base: await nativeBusybox(cache) },
    {
      Entrypoint: ['buildkitd'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'BUILDKIT_SETUP_CGROUPV2_ROOT=1'],
      Volumes: { '/var/lib/buildkit': {} },
    },
    async (root) => {
      mkdirSync(join(root, 'usr/bin'), { recursive: true })
      copyFileSync(programs.buildkitd, join(root, 'usr/bin/buildkitd'))
      copyFileSync(programs.buildctl, join(root, 'usr/bin/buildctl'))
      copyFileSync(programs.runc, join(root, 'usr/bin/buildkit-runc'))
      // Debian's runc is linked dynamically: its libraries and their loader go where it looks for them.
      for (const library of await libraries(programs.runc)) {
        mkdirSync(join(root, dirname(library)), { recursive: true })
        copyFileSync(library, join(root, library))
      }
    },
  )
}

/**
 * What stands for tonistiigi/binfmt; see binfmt/install.sh.
 *
 * @param {string} cache
 * @param {string} tar
 */
export async function packBinfmt(cache, tar) {
  const env = ['PATH=/usr/bin:/bin']
  await packArchive(
    { tar, reference: BINFMT, base: await nativeBusybox(cache) },
    { Entrypoint: ['/usr/bin/binfmt'], Env: env },
    async (root) => {
      for (const folder of ['usr/bin', 'etc/binfmts']) mkdirSync(join(root, folder), { recursive: true })
      copyFileSync(INSTALLER, join(root, 'usr/bin/binfmt'))
      chmodSync(join(root, 'usr/bin/binfmt'), 0o755)
      for (const path of emulators()) {
        const name = basename(path, '-static')
        const pattern = `/usr/share/binfmts/${name}`
        if (!existsSync(pattern)) continue // This machine's own architecture.
        copyFileSync(path, join(root, 'usr/bin', name))
        copyFileSync(pattern, join(root, 'etc/binfmts', name))
      }
    },
  )
}

/**
 * @param {string} buildkitd its folder's name is a key of what it was built from
 * @param {string} runc
 * @returns {string} the same for the same content
 */
export function buildkitKey(buildkitd, runc) {
  return keyOf([dirname(buildkitd), stamp(runc)])
}

/** @returns {string} the same for the same content */
export function binfmtKey() {
  return keyOf([readFileSync(INSTALLER, 'utf8'), ...emulators().map(stamp)])
}

/**
 * @param {string} program
 * @returns {Promise<string[]>} paths; none for a static program
 */
async function libraries(program) {
  const { stdout } = await outcome(['ldd', program], { part: 'images' })
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path]) => path ?? '')
}

/** @param {string} path */
function stamp(path) {
  const { size, mtimeMs } = statSync(path)
  return `${path} ${size} ${mtimeMs}`
}

/** @param {readonly string[]} parts */
function keyOf(parts) {
  return createHash('sha256')
    .update(JSON.stringify([1, ...parts]))
    .digest('hex')
    .slice(0, 12)
}
