import * as core from '@actions/core'
import { dockerConfigDir, processEnv } from '../runner/env.ts'
import { describe, maskSecret } from '../runner/log.ts'
import { cancellation } from '../runner/signal.ts'
import { saveState } from '../runner/state.ts'
import { readInputs, readSecrets } from './inputs.ts'
import { type LoginHandle, login } from './run.ts'

const input = (name: string) => core.getInput(name, { trimWhitespace: false })
const { signal, stop } = cancellation()
try {
  for (const secret of readSecrets(input)) maskSecret(secret)
  const config = readInputs(input)
  for (const { username, password } of config.accounts) maskSecret(Buffer.from(`${username}:${password}`).toString('base64'))
  const env = processEnv()
  const handles: LoginHandle[] = []
  const onHandle = (handle: LoginHandle) => {
    handles.push(handle)
    saveState('logins', handles)
  }
  const options = { place: { configDir: dockerConfigDir(env), env }, signal, keep: !config.logout, onHandle }
  for (const account of config.accounts) {
    await login(account, options)
    core.info(`Signed in to ${account.registry} as ${account.username}`)
  }
} catch (error) {
  core.setFailed(describe(error))
} finally {
  stop()
}
