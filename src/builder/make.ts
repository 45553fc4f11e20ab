import { formatReference } from '../registry/reference.ts'
import { csvField } from './certificates.ts'
import { containerName } from './cleanup.ts'
import { createCommands, type PlannedBuilder, settings } from './create.ts'
import { inspect } from './existing.ts'
import { isPassing, lastLine, tried } from './faults.ts'
import type { InspectedBuilder } from './inspect.ts'
import { exclusively } from './lock.ts'
import { buildkitImages, planBuilder } from './plan.ts'
import { readRecords } from './records.ts'
import { storedBuilder } from './store.ts'
import type { Workshop } from './workshop.ts'

/**
 * Makes a builder and boots it, or takes the one of the same making that an earlier step of the job, or another job that
 * shares it, has made.
 *
 * @returns what it says of itself when it runs
 * @throws Error that names the builder and what to do
 */
export async function makeBuilder(shop: Workshop, driver: PlannedBuilder['driver'], name: string): Promise<InspectedBuilder> {
  const { config, recorder } = shop
  const shared = isShared(shop)
  const keepState = config.keepState
  const work = async () => {
    const stored = await storedBuilder(shop.buildxDir, name)
    // One that stands there without a claim of ours is the user's own: it is used, and stays.
    const foreign = !(await isClaimed(shop, name)) && (stored !== undefined || (shared && (await hasContainer(shop, name))))
    const nodes = stored?.nodes.map((node) => node.name) ?? settings(config, driver).map((node, index) => node.name || `${name}${index}`)
    if (!foreign && config.cleanup) await recorder.add({ builders: [{ name, driver: stored?.driver ?? driver, keepState, shared, nodes }] })
    return shop.group('Builder', async (print) => {
      if (stored) return boot(shop, name, print)
      return createAndBoot(shop, driver, { name, print })
    })
  }
  return shared ? exclusively(shop.root, name, work) : work()
}

function isShared({ config }: Workshop): boolean {
  return config.keepState || config.name !== ''
}

async function isClaimed({ root }: Workshop, name: string): Promise<boolean> {
  return (await readRecords(root)).some(({ record }) => record.builders.some((claim) => claim.name === name))
}

/** The files of buildx's that name it can lie in another directory than ours. */
async function hasContainer({ engine }: Workshop, name: string): Promise<boolean> {
  if (!engine.direct) return false
  return (await engine.ask('GET', `/containers/${containerName(`${name}0`)}/json`).catch(() => undefined))?.status === 200
}

interface Making {
  readonly name: string
  readonly print: (line: string) => void
}

async function createAndBoot(shop: Workshop, driver: PlannedBuilder['driver'], { name, print }: Making): Promise<InspectedBuilder> {
  const planned = await planBuilder(shop, driver, name)
  const images = await buildkitImages(shop, planned)
  let fault: unknown
  for (const image of images.length > 0 ? images.map(formatReference) : [undefined]) {
    if (fault !== undefined) {
      // The next place that has the image gets its turn with a builder made anew.
      print(`${String(fault)}; trying ${image}`)
      await shop.recorder.exec([...shop.buildx, 'rm', '--force', name], { env: shop.env, signal: shop.signal })
    }
    await create(shop, image === undefined ? planned : withImage(planned, image), print)
    try {
      return await boot(shop, name, print)
    } catch (cause) {
      if (shop.signal.aborted) throw cause
      fault = cause
    }
  }
  throw fault
}

async function create(shop: Workshop, planned: PlannedBuilder, print: (line: string) => void): Promise<void> {
  for (const command of createCommands(planned, shop.buildx)) {
    const { exitCode, stderr } = await shop.recorder.exec(command, { env: shop.env, signal: shop.signal, onStderrLine: print })
    if (shop.signal.aborted) throw new Error(`builder: cancelled (${shop.signal.reason})`)
    if (exitCode !== 0) {
      const said = lastLine(stderr)
      throw new Error(`builder: ${planned.name} could not be made (${said}); check the inputs driver, driver-opts, endpoint and append`)
    }
  }
}

/** An option that comes later takes the place of an earlier one. */
function withImage(planned: PlannedBuilder, image: string): PlannedBuilder {
  const nodes = planned.nodes.map((node) => ({ ...node, driverOpts: [...node.driverOpts, csvField(`image=${image}`)] }))
  return { ...planned, nodes }
}

async function boot(shop: Workshop, name: string, print: (line: string) => void): Promise<InspectedBuilder> {
  const { result, inspected } = await tried(
    () => inspect(shop, name, { bootstrap: true, print }),
    // A remote node has been waited for already: https://github.com/docker/buildx/blob/master/driver/remote/driver.go
    ({ result: { exitCode, stderr }, inspected: { driver } }) => exitCode !== 0 && driver !== 'remote' && isPassing(lastLine(stderr)),
    { signal: shop.signal, onAgain: (_, pause) => print(`trying again in ${pause / 1000} s`) },
  )
  const silent = inspected.nodes.find(({ status, error }) => error !== undefined || status !== 'running')
  if (result.exitCode === 0 && inspected.error === undefined && silent === undefined) return inspected
  const fault =
    result.exitCode === 0 ? (inspected.error ?? silent?.error ?? `the node ${silent?.name} is ${silent?.status}`) : lastLine(result.stderr)
  throw new Error(`builder: ${name} does not start (${fault}); ${advice(fault)}`)
}

function advice(fault: string): string {
  if (/x509|certificate|tls/i.test(fault))
    return 'check the certificates in tls-ca, tls-cert and tls-key, and the name in driver-opts servername'
  if (/pull|manifest|not found|denied|unauthorized/i.test(fault))
    return "check that the engine can pull BuildKit's image, or name another by driver-opts: image=…"
  return 'check the inputs endpoint, driver-opts and append, and that it can be reached'
}
