import { bed, failed, freshStep, passed, scenario, type World } from './bed.ts'
import { platformsOf, readConfig, readManifest } from './remote.ts'

describe('one platform', () => {
  scenario('a plain tag: an image, not an index, and outputs that fit', async (world) => {
    await signedIn(world)
    const image = world.repository()
    const { outputs } = passed(await world.build({ images: image, tags: '1', platforms: 'linux/arm64', push: 'true' }))
    const manifest = await readManifest(`${image}:1`, world.b)
    expect(manifest.mediaType).toMatch(/image\.manifest|distribution\.manifest\.v2/)
    expect(manifest.body.manifests).toBeUndefined()
    expect(await readConfig(`${image}:1`, world.b)).toMatchObject({ os: 'linux', architecture: 'arm64' })
    expect(outputs).toMatchObject({
      digest: manifest.digest,
      imageid: manifest.body.config?.digest,
      image: `${image}@${manifest.digest}`,
      platforms: JSON.stringify({ 'linux/arm64': manifest.digest }),
      'total-steps': '2',
    })
  })

  scenario("none named: the machine's own", async (world) => {
    await signedIn(world)
    const image = world.repository()
    const { outputs } = passed(await world.build({ tags: `${image}:1`, push: 'true' }))
    const { os, architecture } = await readConfig(`${image}:1`, world.b)
    expect(outputs.platforms).toBe(JSON.stringify({ [`${os}/${architecture}`]: outputs.digest }))
    expect(architecture).toBe({ x64: 'amd64' }[process.arch as string] ?? process.arch)
  })

  scenario('load puts it into the engine, and nothing into a registry', async (world) => {
    await signedIn(world)
    const name = `${world.id}:loaded`
    const { outputs } = passed(await world.build({ tags: name, platforms: 'linux/arm64', load: 'true' }))
    expect(await world.docker('run', '--rm', '--network=none', '--platform=linux/arm64', name)).toBe('aarch64\n')
    expect((await world.docker('image', 'inspect', '--format', '{{.Id}}', name)).trim()).toBe(outputs.imageid)
    expect(outputs).toMatchObject({ tags: name, platforms: '{}' })
  })
})

describe('several platforms', () => {
  scenario('the variants of arm, each runs', async (world) => {
    await signedIn(world)
    const image = world.repository()
    const platforms = 'linux/arm/v7\n linux/arm/v6 ,'
    const { outputs } = passed(await world.build({ images: image, tags: '1', platforms, push: 'true' }))
    const index = await readManifest(`${image}:1`, world.b)
    expect(JSON.parse(outputs.platforms ?? '')).toEqual(platformsOf(index))
    expect(Object.keys(platformsOf(index)).sort()).toEqual(['linux/arm/v6', 'linux/arm/v7'])
    for (const platform of ['linux/arm/v7', 'linux/arm/v6']) {
      const printed = await world.docker('run', '--rm', '--network=none', '--quiet', `--platform=${platform}`, `${image}:1`)
      expect(printed).toMatch(/^armv[67]l\n$/)
    }
  })

  scenario('other names for the same platform count once', async (world) => {
    await signedIn(world)
    const image = world.repository()
    const platforms = 'linux/aarch64,arm64,linux/arm64/v8,linux/x86_64'
    const { outputs } = passed(await world.build({ images: image, tags: '1', platforms, push: 'true' }))
    expect(Object.keys(JSON.parse(outputs.platforms ?? '')).sort()).toEqual(['linux/amd64', 'linux/arm64'])
  })
})

describe('tags', () => {
  scenario('bare tags count for each image, full references for themselves', async (world) => {
    await signedIn(world)
    const [one, two] = [world.repository(world.b, 'one'), world.repository(world.a, 'two')]
    const other = `${world.repository(world.b, 'other')}:full`
    const { outputs } = passed(
      await world.build({
        images: `${one}\r\n${two}\r\n`,
        tags: `2024-09-19-12-24-56, latest\n${other}\nlatest`,
        platforms: 'linux/amd64,linux/arm64',
        push: 'true',
      }),
    )
    const names = [`${one}:2024-09-19-12-24-56`, `${two}:2024-09-19-12-24-56`, `${one}:latest`, `${two}:latest`, other]
    expect(outputs.tags?.split('\n').sort()).toEqual(names.sort())
    for (const name of names) {
      const index = await readManifest(name, name.startsWith(world.a.host) ? world.a : world.b)
      expect({ name, digest: index.digest }).toEqual({ name, digest: outputs.digest })
      expect(Object.keys(platformsOf(index))).toHaveLength(2)
    }
    expect(outputs.image).toBe(`${one}@${outputs.digest}`)
  })

  scenario('a second target that refuses: what is live and what is not', async (world) => {
    await signedIn(world, [world.a])
    const [one, two] = [world.repository(world.a, 'one'), world.repository(world.b, 'two')]
    const result = await world.build({ images: `${one}\n${two}`, tags: '1', platforms: 'linux/amd64', push: 'true' })
    expect(failed(result)).toContain(world.b.host)
    expect((await readManifest(`${two}:1`, world.b)).status).toBe(404)
  })
})

describe('build-params', () => {
  scenario('words as in a shell, without a shell', async (world) => {
    await signedIn(world)
    const image = world.repository()
    const label = `--label 'org.example.text=$HOME "quoted"' --label org.example.command=\\$(id);id`
    const params = `--platform linux/amd64,linux/arm64 --build-arg X='a b' --build-arg=Y="; touch \\$HOME" \\\n  ${label} -t ${image}:more`
    world.context({ Dockerfile: `FROM ${bed.base}\nARG X\nARG Y\n${freshStep()}\nENV X=$X Y=$Y\nRUN echo "<$X> <$Y>"\n` })
    const result = passed(await world.build({ images: image, tags: '1', push: 'true', 'build-params': params }))
    expect(result.outputs.tags?.split('\n').sort()).toEqual([`${image}:1`, `${image}:more`])
    expect(Object.keys(JSON.parse(result.outputs.platforms ?? '')).sort()).toEqual(['linux/amd64', 'linux/arm64'])
    expect(result.stdout).toContain('<a b> <; touch $HOME>')
    const platforms = platformsOf(await readManifest(`${image}:more`, world.b))
    expect(Object.keys(platforms).sort()).toEqual(['linux/amd64', 'linux/arm64'])
    for (const digest of Object.values(platforms)) {
      const { config } = await readConfig(`${image}@${digest}`, world.b)
      expect(config.Env).toEqual(expect.arrayContaining(['X=a b', 'Y=; touch $HOME']))
      expect(config.Labels).toMatchObject({ 'org.example.text': '$HOME "quoted"', 'org.example.command': '$(id);id' })
    }
  })

  scenario('values of build arguments are not shown', async (world) => {
    await signedIn(world)
    const params = `--build-arg FIRST=hunter2 --build-arg=SECOND=hunter2`
    const result = passed(await world.build({ 'build-args': 'THIRD=hunter2', 'build-params': params }))
    expect(result.stdout).toMatch(/^docker buildx build .*--build-arg/m)
    expect(result.stdout).not.toContain('hunter2')
  })
})

/** Signs in, and writes a Dockerfile that tells on which processor its image runs. */
async function signedIn(world: World, accounts = [world.a, world.b]): Promise<void> {
  for (const account of accounts) await world.login(account)
  world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\nRUN uname -m > /machine\nCMD ["uname", "-m"]\n` })
}
