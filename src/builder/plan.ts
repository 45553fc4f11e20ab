import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseReference, type Reference } from '../registry/reference.ts'
import { tempRoot } from '../runner/env.ts'
import { newFolder, nodeTls, pemText, tlsOptions, writePrivate } from './certificates.ts'
import { type PlannedBuilder, type PlannedNode, planNodes, settings } from './create.ts'
import { needsContext } from './endpoint.ts'
import { lastLine } from './faults.ts'
import { imageSources } from './images.ts'
import { formatOwner } from './owner.ts'
import { probeNode } from './probe.ts'
import { certificateTexts, registriesToml } from './toml.ts'
import type { Workshop } from './workshop.ts'

/**
 * Makes the files that a builder needs, and plans its nodes.
 *
 * @throws Error that names the input whose file or certificate cannot be read
 */
export async function planBuilder(shop: Workshop, driver: PlannedBuilder['driver'], name: string): Promise<PlannedBuilder> {
  const { config, needs, env, recorder } = shop
  const folder = newFolder(tempRoot(env))
  const base = config.buildkitdConfig === '' ? config.buildkitdConfigInline : await readConfig(config.buildkitdConfig)
  const wantsConfig = base !== '' || config.registries.length > 0
  const certificates = driver === 'remote' ? settings(config, driver).map((node, index) => nodeTls(node, index, config.tls, env)) : []
  const wantsTls = certificates.some(({ ca, cert }) => ca !== '' || cert !== '')
  // A builder that is to stay needs its certificates; the rest has been read by then.
  if (wantsConfig || (wantsTls && config.cleanup)) await recorder.add({ folders: [folder] })
  const tls = await Promise.all(certificates.map((each, index) => tlsOptions(each, index, folder)))
  const nodes = planNodes(config, name, driver, { needs, tlsOptions: tls, endpoint: await firstEndpoint(shop, driver) })
  if (driver === 'remote') await Promise.all(nodes.map((node) => probe(node, shop.signal)))
  return { name, driver, configFile: wantsConfig ? await writeConfig(shop, base, folder) : undefined, nodes }
}

/** Reads the certificates as buildx will, also those that the user names in driver-opts. */
async function probe({ endpoint, driverOpts }: PlannedNode, signal: AbortSignal): Promise<void> {
  const option = (name: string) => driverOpts.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
  const read = async (name: string) => (option(name) === '' ? '' : readFile(option(name), 'utf8').catch(() => ''))
  const [ca, cert, key] = await Promise.all([read('cacert'), read('cert'), read('key')])
  await probeNode({ endpoint, servername: option('servername'), ca, cert, key }, signal)
}

async function writeConfig({ config }: Workshop, base: string, folder: string): Promise<string> {
  const files = new Map<string, string>()
  for (const setting of config.registries) {
    for (const certificate of certificateTexts(setting)) {
      // buildx copies them by the last part of their names, which must therefore differ.
      if (!files.has(certificate)) files.set(certificate, join(folder, `registry-${files.size}.pem`))
    }
  }
  const toml = registriesToml(base, config.registries, (certificate) => files.get(certificate) ?? certificate)
  for (const [certificate, path] of files)
    await writePrivate(path, await pemText(certificate, 'a certificate of the input registry-config'))
  const path = join(folder, 'buildkitd.toml')
  await writePrivate(path, toml)
  return path
}

/**
 * The environment in which buildx itself trusts the authorities of the input registry-config when it reads a registry: what it
 * tells BuildKit of them, it does not heed on its own.
 *
 * @returns nothing to add where there are none
 * @see https://github.com/docker/buildx/blob/master/util/imagetools/inspect.go registryResolver, https://pkg.go.dev/crypto/x509#SystemCertPool
 */
export async function trustEnv({ config, env, recorder }: Workshop): Promise<Readonly<Record<string, string>>> {
  const authorities = [...new Set(config.registries.flatMap(({ ca }) => ca))]
  if (authorities.length === 0) return {}
  const folder = newFolder(tempRoot(env))
  await recorder.add({ folders: [folder] })
  for (const [index, authority] of authorities.entries()) {
    await writePrivate(join(folder, `${index}.pem`), await pemText(authority, 'a certificate of the input registry-config'))
  }
  return { SSL_CERT_DIR: [env.SSL_CERT_DIR || '/etc/ssl/certs:/etc/pki/tls/certs', folder].join(':') }
}

async function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`input buildkitd-config: cannot read ${path} (${cause.code}); check the path, which counts from the workspace`, {
      cause,
    })
  })
}

/**
 * buildx refuses to make a builder in an engine whose certificates come from the environment: it is given a context.
 *
 * @see https://github.com/docker/setup-buildx-action/issues/105
 */
async function firstEndpoint(
  { config, env, engine, owner, recorder, signal }: Workshop,
  driver: PlannedBuilder['driver'],
): Promise<string> {
  if (driver !== 'docker-container' || config.endpoint !== '' || !needsContext(engine.endpoint)) return ''
  const context = `manifold-${formatOwner(owner)}`
  await recorder.add({ contexts: [context] })
  const { exitCode, stderr } = await recorder.exec(['docker', 'context', 'create', context], { env, signal })
  if (exitCode !== 0 && !/already exists/.test(stderr))
    throw new Error(`builder: docker context create failed (${lastLine(stderr)}); set the input endpoint to a context`)
  return context
}

/** What buildx boots when nobody says otherwise. @see https://github.com/docker/buildx/blob/master/driver/bkimage/bkimage.go */
const BUILDKIT = 'moby/buildkit:buildx-stable-1'

/** Where BuildKit's image is taken from, if a mirror has it; nothing when buildx's own way will do. */
export async function buildkitImages({ config, configDir, env }: Workshop, { driver, nodes }: PlannedBuilder): Promise<Reference[]> {
  if (driver === 'remote' || config.registries.length === 0) return []
  const options = nodes.flatMap(({ driverOpts }) => driverOpts).map((option) => /^image=(.*)$/.exec(option)?.[1])
  const image = parseReference(options.find((each) => each !== undefined) ?? BUILDKIT)
  const sources = await imageSources(image, config.registries, configDir, env)
  return sources.length > 1 ? sources : []
}
