// @actions/http-client imports undici for one class only: the proxy dispatcher that its getAgentDispatcher() makes for
// callers of fetch. Its own requests, also those through a proxy, go over node:https and `tunnel`. Nothing here calls
// getAgentDispatcher(), and loading undici costs each start of an action about 40 ms and 450 KB: so it stays out.
// https://github.com/actions/toolkit/blob/main/packages/http-client/src/index.ts
export class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this bundle: use the methods of HttpClient, which support proxies without it')
  }
}
