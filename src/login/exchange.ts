import type { Env } from '../runner/env.ts'
import { acrRegion } from './acr.ts'
import { ecrRegistry } from './ecr.ts'
import { type Account, toAccount } from './inputs.ts'

/**
 * The sign-ins that an account stands for: itself, or what a cloud gives for its access key.
 *
 * @throws Error of one line that names the registry
 */
export async function exchange(account: Account, env: Env): Promise<Account[]> {
  const { registry, server, scope, exchange: by } = account
  const named = (cause: unknown) =>
    new Error(`login to ${registry}: ${cause instanceof Error ? oneLine(cause.message) : String(cause)}`, { cause })
  const signIn = (host: string, username: string, password: string): Account => {
    return { ...toAccount(host, username, password), ...(scope === undefined ? {} : { scope }) }
  }
  if (!by) return [account]
  try {
    if (by.kind === 'acr') {
      const region = acrRegion(server) ?? by.region
      if (region === '') throw new Error('its host names no region; set acr-region')
      const { askAcr } = await import('./acr.ts')
      const { username, password } = await askAcr({ ...by, region, accessKey: account.username, secret: account.password })
      return [signIn(server, username, password)]
    }
    const found = ecrRegistry(server, env, true)
    if (!found) return [account]
    const { askEcr } = await import('./ecr.ts')
    const key = account.username === '' ? undefined : { id: account.username, secret: account.password }
    return (await askEcr(server, found, key)).map((each) => signIn(each.registry, each.username, each.password))
  } catch (cause) {
    throw named(cause)
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
