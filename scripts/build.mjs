// Builds dist/: one minified bundle for each entry, the same bytes in any folder.

import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const entries = ['build/main', 'build/post', 'login/main', 'login/post']

/**
 * Compiles src/ and bundles each entry.
 *
 * @param {string} target the folder to write, made anew
 */
export async function build(target) {
  const lib = join(root, 'build')
  await rm(lib, { recursive: true, force: true })
  const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
  if (tsc.status !== 0) throw new Error('tsc failed: see above')
  const ncc =
    /** @type {(input: string, options: object) => Promise<{code: string, assets: Record<string, {source: string | Buffer}>}>} */ (
      require('@vercel/ncc')
    )
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  for (const entry of entries) {
    const { code, assets } = await ncc(join(lib, `${entry}.js`), {
      minify: true,
      quiet: true,
      license: '',
      target: 'es2022',
      esm: true,
    })
    const file = join(target, `${entry}.js`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, code)
    for (const [name, { source }] of Object.entries(assets)) {
      if (name === 'package.json') continue
      const chunk = join(dirname(file), name)
      const other = await readFile(chunk).catch(() => undefined)
      if (other && !other.equals(Buffer.from(source))) throw new Error(`${entry}: its chunk ${name} is another one's name as well`)
      await writeFile(chunk, source)
    }
  }
  await writeFile(join(target, 'licenses.txt'), await licenses())
  await writeFile(join(target, 'package.json'), `${JSON.stringify({ type: 'module' }, null, 2)}\n`)
  await rm(lib, { recursive: true, force: true })
}

/** The licences of all that can be in a bundle: every package that is no development dependency. */
async function licenses() {
  const { packages } = /** @type {{packages: Record<string, {dev?: boolean, link?: boolean, license?: string, version?: string}>}} */ (
    JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  )
  const texts = []
  for (const [path, { dev, link, license, version }] of Object.entries(packages)) {
    if (dev || link || !path.startsWith('node_modules/') || path.includes('@types/')) continue
    const files = (await readdir(join(root, path))).filter((name) => /^licen[cs]e/i.test(name)).sort()
    const said = files[0] ? (await readFile(join(root, path, files[0]), 'utf8')).replaceAll('\r\n', '\n').trim() : `License: ${license}`
    texts.push(`${path.replace(/^.*node_modules\//, '')} ${version}\n${license}\n\n${said}\n`)
  }
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = process.argv[2] ?? join(root, 'dist')
  await build(target)
  for (const entry of entries) {
    const { length } = await readFile(join(target, `${entry}.js`))
    console.log(`${entry}.js ${(length / 1024).toFixed(0)} KiB`)
  }
}
