export const id = 823;
export const ids = [823];
export const modules = {

/***/ 2823:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   BUILDX_VERSION: () => (/* binding */ BUILDX_VERSION),
/* harmony export */   installBuildx: () => (/* binding */ installBuildx),
/* harmony export */   latestVersion: () => (/* binding */ latestVersion)
/* harmony export */ });
/* unused harmony exports assetName, checksumOf */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8161);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6760);
/* harmony import */ var _actions_http_client__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(8313);
/* harmony import */ var _actions_tool_cache__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(9805);
/* harmony import */ var _runner_env_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(3200);








/** What is installed where buildx is missing and no version is asked for. @see https://github.com/docker/buildx/releases */
const BUILDX_VERSION = '0.36.1';
const RELEASES = 'https://github.com/docker/buildx/releases';
const PATIENCE = 30_000;
/**
 * Installs buildx into the runner's tool cache, unless that holds it already.
 *
 * @param exact such as `1.2.3`
 * @param mirror base address of the releases; the empty string for the project's own
 * @returns the path of the program
 * @throws Error that names the input and what to do: not reachable, no such release, or a checksum that does not match
 */
async function installBuildx(exact, mirror, { temp, info }) {
    (0,_runner_env_js__WEBPACK_IMPORTED_MODULE_7__/* .provideEnv */ .J8)('RUNNER_TEMP', temp);
    (0,_runner_env_js__WEBPACK_IMPORTED_MODULE_7__/* .provideEnv */ .J8)('RUNNER_TOOL_CACHE', (0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)((0,node_os__WEBPACK_IMPORTED_MODULE_3__.homedir)(), '.cache/manifold/tools'));
    const base = mirror === '' ? RELEASES : mirror;
    const program = process.platform === 'win32' ? 'docker-buildx.exe' : 'docker-buildx';
    const cached = (0,_actions_tool_cache__WEBPACK_IMPORTED_MODULE_6__/* .find */ .I6)('buildx', exact, process.arch);
    if (cached !== '')
        return (0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(cached, program);
    const asset = assetName(exact, process.platform, process.arch);
    const address = `${base}/download/v${exact}`;
    const expected = checksumOf(await readText(`${address}/checksums.txt`), asset);
    if (expected === undefined) {
        throw new Error(`buildx ${exact}: ${address}/checksums.txt lists no ${asset}; choose another in the input version, or install buildx on the machine`);
    }
    info(`Buildx: downloading ${address}/${asset}`);
    const file = await (0,_actions_tool_cache__WEBPACK_IMPORTED_MODULE_6__/* .downloadTool */ .bq)(`${address}/${asset}`).catch((cause) => {
        throw new Error(`buildx ${exact}: ${address}/${asset} cannot be downloaded; check the inputs version and buildx-mirror, and the network`, { cause });
    });
    try {
        const actual = await sha256(file);
        if (actual !== expected) {
            throw new Error(`buildx ${exact}: the checksum of ${address}/${asset} is ${actual}, and not ${expected} as checksums.txt says; nothing was installed: check the input buildx-mirror`);
        }
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.chmod)(file, 0o755);
        return (0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(await (0,_actions_tool_cache__WEBPACK_IMPORTED_MODULE_6__/* .cacheFile */ .NJ)(file, program, 'buildx', exact, process.arch), program);
    }
    finally {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(file, { force: true });
    }
}
/**
 * The newest release: where the releases' address leads to, so that nothing is asked of the code host's API.
 *
 * @throws Error that says to give an exact version when it cannot be found out
 */
async function latestVersion(mirror) {
    const base = mirror === '' ? RELEASES : mirror;
    const client = new _actions_http_client__WEBPACK_IMPORTED_MODULE_5__/* .HttpClient */ .Qq('manifold', [], { socketTimeout: PATIENCE, allowRedirects: false });
    const hint = 'give an exact version in the input version';
    const response = await client.get(`${base}/latest`).catch((cause) => {
        throw new Error(`buildx: ${base}/latest cannot be reached; ${hint}`, { cause });
    });
    response.message.resume();
    const version = /\/v(\d+\.\d+\.\d+[\w.-]*)\/?$/.exec(response.message.headers.location ?? '')?.[1];
    if (version === undefined)
        throw new Error(`buildx: ${base}/latest does not lead to a release (status ${response.message.statusCode}); ${hint}`);
    return version;
}
/** The name of a release's file for a machine, in Node's terms. @see https://github.com/docker/buildx/releases */
function assetName(version, platform, arch) {
    const os = platform === 'win32' ? 'windows' : platform;
    const machine = { x64: 'amd64', arm: 'arm-v7', ppc64: 'ppc64le' }[arch] ?? arch;
    return `buildx-v${version}.${os}-${machine}${platform === 'win32' ? '.exe' : ''}`;
}
/** The checksum of a file in a list as `sha256sum` writes it. */
function checksumOf(list, file) {
    return list
        .split('\n')
        .map((line) => /^([0-9a-f]{64})[ \t]+\*?(\S+)\s*$/i.exec(line))
        .find((match) => match?.[2] === file)?.[1]
        ?.toLowerCase();
}
async function readText(address) {
    const client = new _actions_http_client__WEBPACK_IMPORTED_MODULE_5__/* .HttpClient */ .Qq('manifold', [], { socketTimeout: PATIENCE, allowRetries: true, maxRetries: 2 });
    const response = await client.get(address).catch((cause) => {
        throw new Error(`buildx: ${address} cannot be reached; check the input buildx-mirror and the network`, { cause });
    });
    const status = response.message.statusCode ?? 0;
    const body = await response.readBody();
    if (status !== 200)
        throw new Error(`buildx: ${address} answered with status ${status}; check the inputs version and buildx-mirror`);
    return body;
}
async function sha256(path) {
    const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256');
    for await (const chunk of (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.createReadStream)(path))
        hash.update(chunk);
    return hash.digest('hex');
}


/***/ })

};
