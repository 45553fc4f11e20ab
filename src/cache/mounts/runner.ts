import { basename, dirname } from 'node:path'
import { restoreCache, saveCache } from '@actions/cache'
import { asWorkspace } from '../../runner/env.ts'

// This file is loaded only where the runner's cache is used: the package is larger than all the rest of the action.

/** Keys are never written twice, so each content has its own; the newest that begins so is what is wanted. */
const prefix = (scope: string) => `manifold-mounts-${scope}-`

/** Fetches the newest saved contents into a folder. @returns whether there were any */
export async function restore(folder: string, scope: string): Promise<boolean> {
  return (await beside(folder, (name) => restoreCache([name], `${prefix(scope)}newest`, [prefix(scope)]))) !== undefined
}

/** Saves a folder; the same content a second time is left out. */
export async function save(folder: string, scope: string, digest: string): Promise<void> {
  await beside(folder, (name) => saveCache([name], `${prefix(scope)}${digest.replace(/^sha256:/, '').slice(0, 16)}`))
}

/**
 * The text of a path is part of what an entry is known by, and temporary folders have another one in each run: so the folder
 * is called by its name alone, from the folder that it lies in.
 * https://github.com/actions/toolkit/blob/main/packages/cache/src/internal/cacheUtils.ts
 */
async function beside<Value>(folder: string, work: (name: string) => Promise<Value>): Promise<Value> {
  return await asWorkspace(dirname(folder), () => work(basename(folder)))
}
