import type { BuildResult } from '../../src/build/run.ts'

/** A build of which nothing is known but that it is over. */
export const NOTHING: BuildResult = {
  failure: undefined,
  references: [],
  failed: [],
  unchanged: [],
  digest: undefined,
  imageId: undefined,
  metadata: undefined,
  metadataFile: undefined,
  platforms: new Map(),
  steps: [],
  warnings: [],
  plain: [],
  builder: { name: 'default', driver: 'docker', nodes: [] } as unknown as BuildResult['builder'],
}
