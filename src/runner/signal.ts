/**
 * A signal that aborts when the runner ends this process, with the name of the signal as its reason. The process stays
 * alive, so that what it has started can be ended first: a runner tells only the action, not the action's children.
 *
 * @returns the signal, and a function that stops listening
 */
export function cancellation(): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController()
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const abort = (name: NodeJS.Signals) => controller.abort(name)
  for (const name of names) process.on(name, abort)
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of names) process.off(name, abort)
    },
  }
}
