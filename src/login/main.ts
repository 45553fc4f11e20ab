import * as core from '@actions/core'
import { processEnv } from '../runner/env.ts'
import { describe, maskSecret } from '../runner/log.ts'
import { cancellation } from '../runner/signal.ts'
import { saveState } from '../runner/state.ts'
import { exchange } from './exchange.ts'
import { type Account, readInputs, readSecrets } from './inputs.ts'
import { isolate } from './isolate.ts'
import { placeOf } from './place.ts'
import { type LoginHandle, login } from './run.ts'

const input = (name: string) => core.getInput(name, { trimWhitespace: false })
/** What stands in Docker's config.json for a user name and a password. */
const maskCredential = ({ username, password }: Account) => maskSecret(Buffer.from(`${username}:${password}`).toString('base64'))
const { signal, stop } = cancellation()
try {
  for (const secret of readSecrets(input)) maskSecret(secret)
  const config = readInputs(input)
  for (const account of config.accounts) if (!account.exchange) maskCredential(account)
  const own = config.isolate ? await isolate(processEnv()) : undefined
  if (own?.made) saveState('isolated', own.dir)
  for (const [name, value] of Object.entries(own?.variables ?? {})) core.exportVariable(name, value)
  const env = processEnv()
  const handles: LoginHandle[] = []
  const onHandle = (handle: LoginHandle) => {
    handles.push(handle)
    saveState('logins', handles)
  }
  for (const given of config.accounts) {
    for (const account of await exchange(given, env)) {
      if (account !== given) {
        maskSecret(account.password)
        maskCredential(account)
      }
      await login(account, { place: await placeOf(account, env), signal, keep: !config.logout, onHandle })
      core.info(`Signed in to ${account.registry}${account.scope === undefined ? '' : ` for ${account.scope}`} as ${account.username}`)
    }
  }
} catch (error) {
  core.setFailed(describe(error))
} finally {
  stop()
}
