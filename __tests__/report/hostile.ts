import fc from 'fast-check'
import type { Step } from '../../src/docker/progress.ts'
import type { BuildFacts } from '../../src/report/facts.ts'
import { anyCharacter } from '../character.ts'
import { factsOf } from './recorded.ts'

// What means something in Markdown, HTML, Mermaid's gantt, a workflow command, or to a terminal.
const PIECES = [
  ...';:#%&<>"\'`|{}[]()\\/^~*_-=+,.?!@$ \n\t\r',
  ...[
    '-->',
    '<!--',
    '```',
    '````',
    '~~~',
    '%%',
    '%%{init: {"theme":"dark"}}%%',
    '\n\n',
    '</table>',
    '</details>',
    '<script>alert(1)</script>',
  ],
  ...['"><img src=x onerror=alert(1)>', 'javascript:alert(1)', '</style>', '</svg>', '&lt;', '&#60;', '| a | b |', '@team', '#1', '$x$'],
  ...[
    'gantt',
    'section',
    'click',
    'title x',
    'call x()',
    'href "x"',
    'end',
    '2020-01-01',
    '---',
    'accTitle: x',
    'dateFormat x',
    'done',
    'after a',
  ],
  ...[
    '::error::x',
    '##[error]x',
    '%0A::error::x',
    'é',
    '漢字',
    '🎉',
    '👩‍👩‍👧',
    '\u202e',
    '\ud800',
    '\0',
    '\u001b[31m',
    '\u0301'.repeat(30),
    'ﷺ'.repeat(50),
  ],
]

/** Text that tries to be more than text. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: anyCharacter, maxLength: 8 })), { maxLength: 20 })
  .map((pieces) => pieces.join(''))

const hostileName = fc.oneof(
  hostileText,
  fc.tuple(hostileText, hostileText, fc.integer({ min: 1, max: 99 })).map(([stage, text, at]) => `[linux/arm64 ${stage} ${at}/99] ${text}`),
  fc.tuple(hostileText, fc.integer({ min: 1, max: 99 })).map(([text, at]) => `[${at}/99] ${text}`),
)

const hostileStep: fc.Arbitrary<Step> = fc
  .record({
    name: hostileName,
    digest: fc.string(),
    cached: fc.boolean(),
    completed: fc.boolean(),
    error: fc.option(hostileText),
    from: fc.nat(1e6),
    for: fc.nat(1e6),
  })
  .map(({ name, digest, cached, completed, error, from, for: length }) => {
    const runs = [{ started: from, ...(completed ? { stopped: from + length } : {}) }]
    return { name, digest, cached, completed, log: [], runs, inputs: [], bytes: length, ...(error === null ? {} : { error }) }
  })

/** Facts of which every text is hostile. */
export const hostileFacts: fc.Arbitrary<BuildFacts> = fc
  .record({
    failure: fc.option(hostileText, { nil: undefined }),
    texts: fc.array(hostileText, { minLength: 8, maxLength: 8 }),
    steps: fc.array(hostileStep, { maxLength: 30 }),
  })
  .map(({ failure, texts, steps }) => {
    const [tag = '', digest = '', image = '', platform = '', rule = '', text = '', file = '', source = ''] = texts
    return factsOf({
      failure,
      tags: [tag, text],
      digest,
      image,
      pushed: true,
      platforms: [{ platform, digest, size: 5 }],
      steps,
      warnings: [{ rule, text, url: undefined, file, line: 3, endLine: 4 }],
      excerpt: { step: text, place: file, source: [{ number: 1, text: source, failed: true }], log: [text] },
      seconds: 1,
    })
  })
