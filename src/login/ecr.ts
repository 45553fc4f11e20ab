import { parseReference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'

/** What stands for a user name and a password at AWS: an access key, or nothing for the one of the environment. */
export interface AwsKey {
  readonly id: string
  readonly secret: string
}

/** A registry at AWS. */
export type EcrRegistry =
  | { readonly kind: 'public'; readonly region: string }
  | { readonly kind: 'account'; readonly region: string; readonly accounts: readonly string[] }

/** A sign-in with what AWS gave. */
export interface EcrAccount {
  readonly registry: string
  readonly username: string
  readonly password: string
}

// The account's number, and the region; dual-stack hosts have another order of letters.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
const ACCOUNT =
  /^(\d{12})\.(?:dkr\.ecr|dkr-ecr)(?:-fips)?\.([a-z0-9-]+)\.(?:on\.aws|on\.amazonwebservices\.com\.cn|amazonaws\.(?:com(?:\.cn)?|eu))$/
const PUBLIC = /^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/

/**
 * Reads a host of AWS's registries.
 *
 * @param always whether any host counts, since the user says so
 * @returns undefined for a host of somebody else's
 * @throws Error that says which variable is missing where the host names no region
 */
export function ecrRegistry(host: string, env: Env, always = false): EcrRegistry | undefined {
  const own = env.AWS_REGION || env.AWS_DEFAULT_REGION
  // Where the public registry's service is, whatever the region of the job.
  if (PUBLIC.test(host)) return { kind: 'public', region: own || 'us-east-1' }
  const [, account, region] = ACCOUNT.exec(host) ?? []
  const others = (env.AWS_ACCOUNT_IDS ?? '').split(',').filter((each) => each.trim() !== '')
  if (account !== undefined && region !== undefined)
    return { kind: 'account', region, accounts: [...new Set([account, ...others.map((each) => each.trim())])] }
  if (!always) return undefined
  if (!own) throw new Error('names no region; set the environment variable AWS_REGION')
  return { kind: 'account', region: own, accounts: [] }
}

/**
 * Asks AWS for credentials of its registries.
 *
 * @param host as the user gave it: it is signed in to under this name
 * @param key undefined for the one that AWS's own rules find
 * @throws Error with AWS's own reason
 */
export async function askEcr(host: string, registry: EcrRegistry, key: AwsKey | undefined): Promise<EcrAccount[]> {
  const options = {
    region: registry.region,
    ...(key ? { credentials: { accessKeyId: key.id, secretAccessKey: key.secret } } : {}),
  }
  if (registry.kind === 'public') {
    // Loaded only here: it is many times the size of everything else.
    const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr-public')
    const { authorizationData } = await new ECRPUBLICClient(options).send(new GetAuthorizationTokenCommand({}))
    return [readToken('public.ecr.aws', authorizationData?.authorizationToken)]
  }
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr')
  const asked = registry.accounts.length > 0 ? { registryIds: [...registry.accounts] } : {}
  const { authorizationData = [] } = await new ECRClient(options).send(new GetAuthorizationTokenCommand(asked))
  const [first, ...others] = authorizationData
  return [
    readToken(host, first?.authorizationToken),
    ...others.map(({ proxyEndpoint, authorizationToken }) => readToken(hostOf(proxyEndpoint), authorizationToken)),
  ]
}

/** A token is base64 of a user name and a password. */
function readToken(registry: string, token: string | undefined): EcrAccount {
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(token ?? '', 'base64').toString('utf8')) ?? []
  if (username === undefined || password === undefined) throw new Error('AWS answered without an authorization token')
  return { registry, username, password }
}

function hostOf(address: string | undefined): string {
  const host = (address ?? '').replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return parseReference(`${host}/x`).host
}
