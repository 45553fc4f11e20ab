import { readStepName } from '../../src/report/stepname.ts'

const nothing = { platform: '', runsOn: '', stage: '', position: '' }

test.each([
  ['[2/5] RUN make', { ...nothing, kind: 'step', position: '2/5', text: 'RUN make' }],
  ['[build  2/12] RUN make', { ...nothing, kind: 'step', stage: 'build', position: '2/12', text: 'RUN make' }],
  [
    '[linux/arm64 1/3] FROM a:1@sha256:0',
    { ...nothing, kind: 'base', platform: 'linux/arm64', position: '1/3', text: 'FROM a:1@sha256:0' },
  ],
  [
    '[linux/arm/v7 app 3/3] COPY a b',
    { ...nothing, kind: 'step', platform: 'linux/arm/v7', stage: 'app', position: '3/3', text: 'COPY a b' },
  ],
  [
    '[linux/amd64->arm64 build 3/4] RUN x',
    { kind: 'step', platform: 'linux/arm64', runsOn: 'linux/amd64', stage: 'build', position: '3/4', text: 'RUN x' },
  ],
  [
    '[linux/amd64->arm/v7 b 3/4] RUN x',
    { kind: 'step', platform: 'linux/arm/v7', runsOn: 'linux/amd64', stage: 'b', position: '3/4', text: 'RUN x' },
  ],
  [
    '[linux/arm/v6->v7 b 3/4] RUN x',
    { kind: 'step', platform: 'linux/arm/v7', runsOn: 'linux/arm/v6', stage: 'b', position: '3/4', text: 'RUN x' },
  ],
  [
    '[linux/amd64->windows/amd64 b 3/4] RUN x',
    { kind: 'step', platform: 'windows/amd64', runsOn: 'linux/amd64', stage: 'b', position: '3/4', text: 'RUN x' },
  ],
  [
    '[linux/amd64 stage-1 3/4] LINK COPY --link a b',
    { ...nothing, kind: 'step', platform: 'linux/amd64', stage: 'stage-1', position: '3/4', text: 'COPY --link a b' },
  ],
  ['[2/2] RUN <<EOF (cat\n  [3/4] x\nEOF)', { ...nothing, kind: 'step', position: '2/2', text: 'RUN <<EOF (cat [3/4] x EOF)' }],
  ['[internal] load build context', { ...nothing, kind: 'load', text: 'load build context' }],
  ['[linux/arm64 internal] load metadata for a:1', { ...nothing, kind: 'load', platform: 'linux/arm64', text: 'load metadata for a:1' }],
  ['[context deps] load metadata for b:1', { ...nothing, kind: 'load', text: 'context deps: load metadata for b:1' }],
  ['importing cache manifest from a:cache', { ...nothing, kind: 'load', text: 'importing cache manifest from a:cache' }],
  ['exporting to image', { ...nothing, kind: 'export', text: 'exporting to image' }],
  ['exporting cache to registry', { ...nothing, kind: 'export', text: 'exporting cache to registry' }],
  ['', { ...nothing, kind: 'load', text: '' }],
])('%j', (name, expected) => {
  expect(readStepName(name)).toEqual(expected)
})
