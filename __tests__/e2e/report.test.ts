import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { offset, requests } from '../../testbed/requests.mjs'
import { Chromium, findChromium } from '../report/chromium.mjs'
import { bed, failed, freshStep, passed, type StepResult, scenario, type World } from './bed.ts'
import { readCommands, stable } from './commands.ts'
import { push } from './events.ts'
import { platformsOf, readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

/** What comes after the last group, without workflow commands. */
function closing({ stdout }: StepResult, world: World): string[] {
  const after = stdout.slice(stdout.lastIndexOf('::endgroup::')).split('\n').slice(1)
  return after.filter((line) => line !== '' && !line.startsWith('::')).map((line) => stable(line, world))
}

describe('a build that succeeds', () => {
  scenario('tells in the log and in the summary what is in the registry', async (world) => {
    const { a, b } = world
    await world.login(a)
    await world.login(b)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\nRUN head -c 300000 /dev/urandom > /random\n` })
    const image = world.repository()
    const start = offset(b.log)
    const build = passed(await world.build({ images: image, tags: '1.0\nlatest', platforms: PLATFORMS, push: 'true' }))
    const asked = requests(b.log, start).filter(({ path, user }) => path.includes(world.id) && user !== undefined)

    const index = await readManifest(`${image}:1.0`, b)
    const { 'unknown/unknown': _attestations, ...platforms } = platformsOf(index)
    const sizes = await Promise.all(Object.values(platforms).map((digest) => compressedSize(`${image}@${digest}`, world)))
    expect(Math.min(...sizes)).toBeGreaterThan(300_000)
    const megabytes = sizes.map((size) => `${(size / 1e6).toFixed(1)} MB`)
    expect(closing(build, world).map((line) => line.replace(/^Time \d+\.\d s$/, 'Time <seconds>'))).toEqual([
      `Built and pushed <registry B>/<id>/app:1.0`,
      `Built and pushed <registry B>/<id>/app:latest`,
      'Digest <digest>',
      `  linux/amd64 <digest> ${megabytes[0]}`,
      `  linux/arm64 <digest> ${megabytes[1]}`,
      'Steps 4, of which 0 came from the cache',
      'Time <seconds>',
      'Pull it with: docker pull <registry B>/<id>/app@<digest>',
    ])
    const pull = build.stdout.split('\n').find((line) => line.startsWith('Pull it with: docker '))
    await world.docker(...(pull?.slice('Pull it with: docker '.length).split(' ') ?? []))
    await world.docker('image', 'rm', '--force', `${image}@${index.digest}`)

    for (const [at, [platform, digest]] of Object.entries(platforms).entries()) {
      expect(build.summary).toContain(`| \`${platform}\` | \`${digest}\` | ${megabytes[at]} | 2 | 0 |`)
    }
    expect(build.summary).toContain(`### \`${image}\` pushed\n\n2 platforms, `)
    expect(build.summary).toContain(`; 0 of 4 steps came from the cache (0 %).\n`)
    expect(build.summary).toContain(`| \`${image}:1.0\` |\n| \`${image}:latest\` |\n`)
    expect(build.summary).toContain(`docker pull ${image}@${index.digest}\n`)
    expect(build.summary).toMatch(/```mermaid\ngantt\n(?:.*\n)+? {2}section linux\/amd64\n(?:.*\n)+? {2}section linux\/arm64\n/)

    // The sizes cost one request for each platform, after the index has been read.
    const push = asked.findLastIndex(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
    const reads = asked.slice(push + 1).map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)
    expect(reads[0]).toBe('GET 1.0')
    expect(reads.slice(1).sort()).toEqual(
      Object.values(platforms)
        .map((digest) => `GET ${digest}`)
        .sort(),
    )
  })

  scenario('reads no manifest of a platform when nobody asks for sizes', async (world) => {
    const { b } = world
    await world.login(world.a)
    await world.login(b)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const start = offset(b.log)
    const { summary } = passed(await world.build({ tags: `${world.repository()}:1`, platforms: PLATFORMS, push: 'true', summary: 'false' }))
    expect(summary).toBe('')
    const reads = requests(b.log, start).filter(
      ({ method, path, status }) => method === 'GET' && status === 200 && path.includes('/manifests/'),
    )
    expect(reads.map(({ path }) => path)).toEqual([`/v2/${world.id}/app/manifests/1`])
  })

  scenario('a cached build says so, and a load', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const inputs = { tags: `${world.id}:1`, load: 'true' }
    passed(await world.build(inputs))
    const build = passed(await world.build(inputs))
    expect(closing(build, world)).toContain('Steps 1, of which 1 came from the cache')
    expect(closing(build, world)).toContain('Built and loaded <id>:1')
    expect(build.summary).toContain('; 1 of 1 step came from the cache (100 %).')
    expect(closing(build, world).join('\n')).not.toContain('docker pull')
  })

  scenario('a runner without a summary, or with one that cannot be written, does not fail the step', async (world) => {
    await world.login(world.a)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    for (const GITHUB_STEP_SUMMARY of [undefined, '']) {
      const { stdout } = passed(await world.build({}, { env: { GITHUB_STEP_SUMMARY } }))
      expect(readCommands(stdout).filter(({ name }) => name === 'warning')).toEqual([])
    }
    const { stdout } = passed(await world.build({}, { env: { GITHUB_STEP_SUMMARY: join(world.folder, 'none/summary') } }))
    expect(
      readCommands(stdout)
        .filter(({ name }) => name === 'warning')
        .map(({ message }) => message),
    ).toEqual([expect.stringMatching(/^summary: it cannot be written \(ENOENT.*\); the build is not affected$/)])
  })
})

describe('what the checks of the Dockerfile find', () => {
  scenario('becomes annotations on file and line, once for all platforms', async (world) => {
    await world.login(world.a)
    const lines = [`FROM ${bed.base} as first`, 'MAINTAINER me', 'WORKDIR relative', freshStep(), 'CMD sh -c true']
    world.context({ 'docker/app/Dockerfile.prod': lines.join('\n'), 'docker/app/x': '' })
    const build = passed(await world.build({ context: 'docker/app', file: 'docker/app/Dockerfile.prod', platforms: PLATFORMS }))
    const warnings = readCommands(build.stdout).filter(({ name, live }) => name === 'warning' && live)
    expect(warnings.map(({ properties }) => properties)).toEqual([
      'title=Dockerfile%3A FromAsCasing,file=docker/app/Dockerfile.prod,line=1,endLine=1',
      'title=Dockerfile%3A MaintainerDeprecated,file=docker/app/Dockerfile.prod,line=2,endLine=2',
      'title=Dockerfile%3A WorkdirRelativePath,file=docker/app/Dockerfile.prod,line=3,endLine=3',
      'title=Dockerfile%3A JSONArgsRecommended,file=docker/app/Dockerfile.prod,line=5,endLine=5',
    ])
    expect(warnings[1]?.message).toMatch(
      /^Maintainer instruction is deprecated.* \(https:\/\/docs\.docker\.com\/.*\/maintainer-deprecated\/\)$/,
    )
    expect(build.summary).toMatch(
      /<code>docker\/app\/Dockerfile\.prod:2<\/code><\/td><td><a href="https:\/\/docs\.docker\.com\/[^"]*\/maintainer-deprecated\/">MaintainerDeprecated<\/a>/,
    )
  })

  scenario('is at most ten annotations, and no text of a Dockerfile is a command', async (world) => {
    await world.login(world.a)
    const hostile = Array.from({ length: 12 }, (_, at) => `ENV TOKEN_${at}="%0A::error::x ##[error]y ::set-output name=z::1"`)
    world.context({ Dockerfile: [`FROM ${bed.base}`, freshStep(), ...hostile, 'WORKDIR "::error::relative"'].join('\n') })
    const build = passed(await world.build({}))
    const commands = readCommands(build.stdout).filter(({ live }) => live)
    expect(commands.filter(({ name }) => name === 'warning')).toHaveLength(10)
    expect(
      commands.filter(({ name }) => !['warning', 'group', 'endgroup', 'stop-commands'].includes(name) && !/^[0-9a-f-]{36}$/.test(name)),
    ).toEqual([])
    expect(build.stdout).toContain('\n3 more Dockerfile warnings are in the log above and in the job summary\n')
  })
})

describe('a build that fails', () => {
  scenario('shows the instruction, its lines and the end of its log, and runs no command in them', async (world) => {
    await world.login(world.a)
    const run = ['RUN for i in $(seq 1 50); do echo "line $i"; done; \\', '    echo "::error::not a command"; \\', '    exit 7']
    world.context({ 'sub/Dockerfile': [`FROM ${bed.base}`, freshStep(), ...run].join('\n') })
    const build = await world.build({ context: 'sub', report: 'report.html' })
    expect(failed(build)).toMatch(/^build: step "\[3\/3\] RUN for i in .*" failed \(Dockerfile:3\): .* exit code: 7$/)
    const lines = closing(build, world)
    expect(lines.slice(0, 7)).toEqual([
      'Failed: [3/3] RUN for i in $(seq 1 50); do echo "line $i"; done; echo "::error::not a command"; exit 7',
      'At sub/Dockerfile:3:',
      expect.stringMatching(/^ {2}2 \| {5}RUN echo /),
      `  3 | >>> ${run[0]}`,
      `  4 | >>> ${run[1]}`,
      `  5 | >>> ${run[2]}`,
      'The last 20 lines it printed:',
    ])
    expect(lines.slice(7, 27)).toEqual([...Array.from({ length: 19 }, (_, at) => `  line ${at + 32}`), '  ::error::not a command'])
    expect(readCommands(build.stdout).filter(({ name, live }) => name === 'error' && live)).toHaveLength(1)
    expect(build.summary).toContain(' failed\n')
    expect(build.summary).toContain(`    3 > ${run[0]}\n`)
    expect(build.summary).not.toContain('line 50')
    // The report is written as well: it is for this that one looks at it.
    expect(readFileSync(build.outputs.report ?? '', 'utf8')).toContain('What failed')
  })

  scenario('several builds of one step are told of one by one, the failed one too', async (world) => {
    await world.login(world.a)
    await world.login(world.b)
    world.context({ Dockerfile: `FROM ${bed.base} AS good\n${freshStep()}\nFROM good AS bad\nRUN echo before the end && false\n` })
    const rules = ['good', 'bad'].map((stage) => `- {type: branch, ref: main, target: ${stage}, tags: [${stage}]}`).join('\n')
    const image = world.repository()
    const env = push('refs/heads/main', world)
    const build = await world.build({ images: image, rules, push: 'true', report: 'report.html' }, { env })
    expect(failed(build)).toContain('RUN echo before the end')
    expect(build.summary.match(/^### .*$/gm)).toEqual([`### \`${image}:good\` pushed`, `### \`${image}:bad\` failed`])
    expect(build.stdout).toContain(`\nBuilt and pushed ${image}:good\n`)
    expect(build.stdout).not.toContain(`Built and pushed ${image}:bad`)
    expect(build.stdout).toMatch(
      /\nFailed: \[bad 1\/1\] RUN echo before the end && false\nAt Dockerfile:4:\n(?:.*\n)+The last line it printed:\n {2}before the end\n/,
    )
    const page = readFileSync(build.outputs.report ?? '', 'utf8')
    expect(page.match(/<h2>.*?<\/h2>/g)?.map((title) => title.replaceAll(/<[^>]*>/g, ''))).toEqual([
      `${image}:good pushed`,
      `${image}:bad failed`,
    ])
  })

  scenario('no report is written outside of the workspace, and nothing is built', async (world) => {
    const outside = join(world.folder, 'outside')
    mkdirSync(outside)
    symlinkSync(outside, join(world.job.workspace, 'link'))
    world.context({ Dockerfile: 'FROM scratch\n' })
    const called = join(world.folder, 'called')
    const programs = world.programs({ docker: `#!/bin/sh\necho "$@" >> ${called}\nexit 1\n` })
    const env = { PATH: `${programs}:${bed.bin}:${process.env.PATH}` }
    for (const report of ['../report.html', join(outside, 'report.html'), 'link/report.html', 'link/new/report.html']) {
      const error = failed(await world.build({ report }, { env }))
      expect(error).toBe(`input report: "${report}" leads out of the workspace; name a file in it, such as build-report.html`)
    }
    expect(readdirSync(outside)).toEqual([])
    expect(existsSync(called)).toBe(false)
  })
})

scenario('the value of a build argument that sounds like a secret is in no report', async (world) => {
  await world.login(world.a)
  world.context({ Dockerfile: `FROM ${bed.base}\nARG API_TOKEN\nARG VERSION\nWORKDIR /srv/$API_TOKEN/$VERSION\n${freshStep()}\n` })
  const inputs = { 'build-args': 'API_TOKEN=s3cr3t-value\nVERSION=1.2.3', report: 'out/report.html', 'no-cache': 'true' }
  const build = passed(await world.build(inputs))
  const page = readFileSync(join(world.job.workspace, 'out/report.html'), 'utf8')
  expect(page).toContain('WORKDIR /srv/***/1.2.3')
  for (const text of [page, build.summary]) expect(text).not.toContain('s3cr3t')
  expect(build.outputs.report).toBe(join(world.job.workspace, 'out/report.html'))
})

const chromium = findChromium()
const inBrowser = (name: string, play: (world: World, program: string) => Promise<void>) =>
  chromium === undefined ? test.skip(name, () => undefined) : scenario(name, (world) => play(world, chromium), 120)

describe('the HTML report in a browser (needs chromium)', () => {
  inBrowser(
    'a real build: readable on a phone and in the dark, sorted by mouse and by keyboard, without a request or an error',
    async (world, program) => {
      await world.login(world.a)
      await world.login(world.b)
      const long = `RUN echo ${'a-very-long-word-that-has-no-place-to-break-'.repeat(10)} > /x`
      world.context({
        Dockerfile: [
          `FROM ${bed.base} as tools`,
          'RUN sleep 0.5',
          freshStep(),
          `FROM ${bed.base} AS app`,
          'COPY --from=tools /fresh /a',
          long,
          'RUN echo "<b>\\"&amp;</b><script>alert(1)</script>"',
        ].join('\n'),
      })
      const inputs = { tags: `${world.repository()}:1`, platforms: PLATFORMS, push: 'true', report: 'report.html' }
      const build = passed(await world.build(inputs))
      const url = pathToFileURL(build.outputs.report ?? '').href
      const browser = await Chromium.start(program)
      try {
        for (const device of [
          { width: 390, height: 844, mobile: true },
          { width: 390, height: 844, mobile: true, dark: true },
          { width: 1280, height: 800 },
          { width: 1280, height: 800, dark: true },
        ]) {
          await browser.open(url, device)
          expect(await browser.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
          expect(await browser.evaluate(CUT_OFF)).toEqual([])
          expect(await browser.evaluate(FAINT)).toEqual([])
          expect(await browser.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
            device.dark ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)',
          )
        }
        expect(await browser.evaluate(`document.querySelectorAll('h1').length`)).toBe(1)
        expect(await browser.evaluate(`document.querySelectorAll('b, td script').length`)).toBe(0)
        expect(
          await browser.evaluate(`[...document.querySelectorAll('svg rect')].every((bar) => bar.getBoundingClientRect().width >= 1)`),
        ).toBe(true)
        const sorted = () =>
          browser.evaluate(`[...document.querySelectorAll('table.sortable tbody tr')].map((row) => Number(row.cells[3].dataset.value))`)
        const times: number[] = await sorted()
        expect(times.length).toBeGreaterThan(10)
        await browser.evaluate(`[...document.querySelectorAll('th button')].find((button) => button.textContent === 'Time').click()`)
        expect(await sorted()).toEqual([...times].sort((x, y) => y - x))
        expect(
          await browser.evaluate(
            `document.querySelector('th[aria-sort]').textContent + ' ' + document.querySelector('th[aria-sort]').ariaSort`,
          ),
        ).toBe('Time descending')
        await browser.press('Enter')
        expect(await sorted()).toEqual([...times].sort((x, y) => y - x))
        await browser.evaluate(`document.querySelector('th[aria-sort] button').focus()`)
        await browser.press('Enter')
        expect(await sorted()).toEqual([...times].sort((x, y) => x - y))
        const seen = browser.events.filter(({ method = '' }) =>
          /^(?:Network\.requestWillBeSent|Log\.entryAdded|Runtime\.consoleAPICalled|Runtime\.exceptionThrown)$/.test(method),
        )
        expect(seen.map(({ method, params }) => `${method} ${params.request?.url ?? JSON.stringify(params)}`)).toEqual([
          `Network.requestWillBeSent ${url}`,
        ])
      } finally {
        await browser.close()
      }
    },
  )
})

/** What a browser shows only in part, but for names in the timeline, which end in an ellipsis, and boxes that scroll. */
const CUT_OFF = `[...document.querySelectorAll('body *')]
  .filter((each) => !each.closest('svg, .axis, pre') && !each.matches('.lane .name, .narrow, .wide, script, style'))
  .filter((each) => each.getClientRects().length > 0 && (each.getBoundingClientRect().right > innerWidth + 0.5 || each.getBoundingClientRect().left < -0.5))
  .map((each) => each.outerHTML.slice(0, 200))`

/** Texts with less contrast than 4.5 against the background behind them. @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const FAINT = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      if ((channels(colour)[3] ?? 1) > 0) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  return [...document.querySelectorAll('body *')]
    .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
    .filter((each) => !each.matches('script, style') && each.getClientRects().length > 0)
    .map((each) => {
      const style = getComputedStyle(each)
      const [a, b] = [light(each.closest('svg') ? style.fill : style.color), light(behind(each))].sort((x, y) => y - x)
      return [(a + 0.05) / (b + 0.05), each.textContent.trim().slice(0, 40)]
    })
    .filter(([ratio]) => ratio < 4.5)
})()`

async function compressedSize(name: string, { b }: World): Promise<number> {
  const { body } = await readManifest(name, b)
  const parts = [body.config, ...(body.layers ?? [])] as { size: number }[]
  return parts.reduce((sum, { size }) => sum + size, 0)
}
