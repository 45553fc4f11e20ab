// A headless Chromium, driven over the pipes of its own debugging protocol: https://chromedevtools.github.io/devtools-protocol/

import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @typedef {{id?: number, sessionId?: string, method?: string, params?: any, result?: any, error?: {message: string}}} Message */

/** Path of a Chromium or Chrome on this machine; undefined when there is none. */
export function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']
  const paths = (process.env.PATH ?? '').split(':').flatMap((folder) => names.map((name) => join(folder, name)))
  return [process.env.CHROMIUM ?? '', ...paths].find((path) => path !== '' && isExecutable(path))
}

/** One browser with one page. */
export class Chromium {
  #child
  #folder
  #pipe
  /** @type {Promise<Error>} */
  #ended
  #next = 0
  #session = ''
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map()
  /** What the page did, in order: `Network.requestWillBeSent`, `Log.entryAdded` and so on. @type {Message[]} */
  events = []

  /** @param {string} path of the program */
  constructor(path) {
    this.#folder = mkdtempSync(join(tmpdir(), 'chromium-'))
    const quiet = [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ]
    // The sandbox needs rights that a container does not give, and the page is our own.
    const args = [
      '--headless',
      '--no-sandbox',
      ...quiet,
      '--disable-dev-shm-usage',
      `--user-data-dir=${this.#folder}`,
      '--remote-debugging-pipe',
    ]
    this.#child = spawn(path, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    this.#pipe = /** @type {import('node:stream').Writable} */ (this.#child.stdio[3])
    // Its end is told by the process itself.
    this.#pipe.on('error', () => undefined)
    const answers = /** @type {import('node:stream').Readable} */ (this.#child.stdio[4])
    let open = ''
    answers.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      const parts = `${open}${chunk}`.split('\0')
      open = parts.pop() ?? ''
      for (const part of parts) this.#receive(JSON.parse(part))
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve)
      this.#child.once('close', (code, signal) => resolve(new Error(`chromium ended: ${code ?? signal}`)))
    })
  }

  /** Opens the page. @param {string} path */
  static async start(path) {
    const browser = new Chromium(path)
    try {
      const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true })
      browser.#session = sessionId
      for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await browser.send(`${domain}.enable`)
    } catch (error) {
      await browser.close()
      throw error
    }
    return browser
  }

  /**
   * Shows a page as a device of that size does.
   *
   * @param {string} url
   * @param {{width: number, height: number, dark?: boolean, mobile?: boolean}} device
   */
  async open(url, { width, height, dark = false, mobile = false }) {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: mobile ? 2 : 1, mobile })
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] })
    this.events = []
    await this.send('Page.navigate', { url })
    await this.until(() => this.events.some(({ method }) => method === 'Page.loadEventFired'))
  }

  /** The value of an expression in the page. @param {string} expression @returns {Promise<any>} */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  /** The whole page as PNG. @returns {Promise<Buffer>} */
  async screenshot() {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true })
    return Buffer.from(data, 'base64')
  }

  /** Presses a key, such as Tab or Enter. @param {string} key */
  async press(key) {
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined
    for (const type of ['keyDown', 'keyUp'])
      await this.send('Input.dispatchKeyEvent', {
        type,
        key,
        code: key,
        ...(text && type === 'keyDown' ? { text } : {}),
        windowsVirtualKeyCode: { Tab: 9, Enter: 13 }[key] ?? 0,
      })
  }

  /** @param {() => boolean} condition */
  async until(condition) {
    for (let tries = 0; !condition(); tries++) {
      if (tries > 500) throw new Error('the page did not come so far in 10 s')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /**
   * Calls a method of the protocol.
   *
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  send(method, params = {}) {
    const id = ++this.#next
    const message = { id, method, params, ...(this.#session === '' || method.startsWith('Target.') ? {} : { sessionId: this.#session }) }
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#pipe.write(`${JSON.stringify(message)}\0`)
    })
    return Promise.race([answer, this.#ended.then((error) => Promise.reject(error))])
  }

  async close() {
    this.#session = ''
    // Its own way out ends its child processes too; a browser that hangs is killed.
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    this.send('Browser.close').catch(() => undefined)
    await this.#ended
    clearTimeout(killer)
    // A child may still be writing its last file.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.id === undefined) {
      this.events.push(message)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error) waiting?.reject(new Error(message.error.message))
    else waiting?.resolve(message.result)
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
