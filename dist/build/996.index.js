export const id = 996;
export const ids = [996,795,872];
export const modules = {

/***/ 9872:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   containerName: () => (/* binding */ containerName),
/* harmony export */   endProcess: () => (/* binding */ endProcess),
/* harmony export */   removeContainer: () => (/* binding */ removeContainer),
/* harmony export */   removeVolume: () => (/* binding */ removeVolume),
/* harmony export */   undo: () => (/* binding */ undo),
/* harmony export */   undoPath: () => (/* binding */ undoPath)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8500);
/* harmony import */ var _docker_command_js__WEBPACK_IMPORTED_MODULE_13__ = __webpack_require__(9644);
/* harmony import */ var _docker_exec_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3420);
/* harmony import */ var _runner_env_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(3200);
/* harmony import */ var _runner_log_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2793);
/* harmony import */ var _endpoint_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(8259);
/* harmony import */ var _engine_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(3640);
/* harmony import */ var _faults_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(2523);
/* harmony import */ var _lock_js__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(1845);
/* harmony import */ var _owner_js__WEBPACK_IMPORTED_MODULE_10__ = __webpack_require__(947);
/* harmony import */ var _records_js__WEBPACK_IMPORTED_MODULE_11__ = __webpack_require__(5217);
/* harmony import */ var _store_js__WEBPACK_IMPORTED_MODULE_12__ = __webpack_require__(457);














const PATIENCE = 60_000;
/**
 * Undoes what a record says was made: ends processes, removes builders with their containers and state, contexts and files.
 * What is gone already is fine, so that it can be done again. A builder that another living step uses stays.
 *
 * @returns whether all is gone; if not, the record stays, and the next step that finds it tries again
 */
async function undo({ path, record }, deps) {
    const env = { ...deps.env, ...record.env };
    const engine = await engineOf(record, env);
    const faults = [];
    let complete = true;
    const step = async (work) => {
        if ((await work().catch((fault) => void faults.push(fault))) === false)
            complete = false;
    };
    for (const process of record.processes)
        await step(() => endProcess(process));
    for (const claim of record.builders) {
        await step(() => (0,_lock_js__WEBPACK_IMPORTED_MODULE_9__/* .exclusively */ .G)(deps.root, claim.name, () => release(claim, { path, record }, { ...deps, env, engine })));
    }
    for (const name of record.containers)
        await step(() => removeContainer(engine, name));
    for (const name of record.contexts)
        await step(() => removeContext(name, env));
    for (const folder of record.folders) {
        // Nothing but a folder of ours is removed, whatever the record says.
        if ((0,node_path__WEBPACK_IMPORTED_MODULE_1__.basename)(folder).startsWith('manifold-'))
            await step(() => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.rm)(folder, { recursive: true, force: true }));
    }
    for (const fault of faults)
        deps.warn(`cleaning up: ${(0,_runner_log_js__WEBPACK_IMPORTED_MODULE_5__/* .describe */ .q0)(fault)}`);
    if (!complete || faults.length > 0)
        return false;
    await (0,_records_js__WEBPACK_IMPORTED_MODULE_11__/* .removeRecord */ .GI)(path, _lock_js__WEBPACK_IMPORTED_MODULE_9__/* .STALE */ .y);
    return true;
}
/** Undoes the record that main left, if it left one: for post. */
async function undoPath(path, deps) {
    const filed = await (0,_records_js__WEBPACK_IMPORTED_MODULE_11__/* .readRecord */ .aE)(path);
    if (filed)
        await undo(filed, deps);
}
/** Removes a container with its anonymous volumes; none being there is fine. @throws Error when the engine refuses */
async function removeContainer(engine, name) {
    if (!engine.direct)
        return;
    const { status, body } = await engine.ask('DELETE', `/containers/${encodeURIComponent(name)}?force=true&v=true`, PATIENCE);
    // 409: somebody else is removing it at this moment.
    if (status >= 400 && status !== 404 && status !== 409)
        throw new Error(`the container ${name} cannot be removed (status ${status}: ${said(body)})`);
}
/** Removes a volume; none being there is fine. @throws Error when it is in use, or the engine refuses */
async function removeVolume(engine, name) {
    if (!engine.direct)
        return;
    for (let tries = 1;; tries++) {
        const { status, body } = await engine.ask('DELETE', `/volumes/${encodeURIComponent(name)}?force=true`, PATIENCE);
        if (status < 400 || status === 404)
            return;
        // Its container may be just going.
        if (status !== 409 || tries === 20)
            throw new Error(`the volume ${name} cannot be removed (status ${status}: ${said(body)})`);
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_2__.setTimeout)(100);
    }
}
/** What buildx calls a node's container; the volume with its state has `_state` behind it. */
function containerName(node) {
    return `buildx_buildkit_${node}`;
}
/** The engine of a record, with the certificates that it may need. */
async function engineOf({ context, host }, env) {
    const found = await (0,_endpoint_js__WEBPACK_IMPORTED_MODULE_6__/* .currentEndpoint */ .n4)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(env), env).catch(() => undefined);
    return new _engine_js__WEBPACK_IMPORTED_MODULE_7__/* .EngineClient */ .A(found?.host === host ? found : { context, host });
}
/**
 * Gives up a claim, and removes the builder when it was the last. To be called with the builder's lock held.
 *
 * @returns false when somebody still builds on it: then it is to be tried again
 */
async function release(claim, { path, record }, place) {
    const { root, env, engine } = place;
    const others = await otherClaims(claim, { path, record }, root);
    const dir = (0,_store_js__WEBPACK_IMPORTED_MODULE_12__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(env), env);
    if (others.length === 0) {
        if (claim.shared && (await isBusy(claim, engine)))
            return false;
        await removeBuilder(claim, record, place);
    }
    else if (others.every((other) => (0,_store_js__WEBPACK_IMPORTED_MODULE_12__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(other.env), other.env) !== dir)) {
        // Others build on it: only what this step wrote into its own directory of buildx's goes.
        await unlinkStored(claim.name, dir);
    }
    const now = (await (0,_records_js__WEBPACK_IMPORTED_MODULE_11__/* .readRecord */ .aE)(path))?.record ?? record;
    await (0,_records_js__WEBPACK_IMPORTED_MODULE_11__/* .writeRecord */ .rh)(path, { ...now, builders: now.builders.filter(({ name }) => name !== claim.name) });
    return true;
}
async function otherClaims(claim, { path, record }, root) {
    const same = (await (0,_records_js__WEBPACK_IMPORTED_MODULE_11__/* .readRecords */ .T3)(root)).filter((other) => other.path !== path && other.record.host === record.host && other.record.builders.some(({ name }) => name === claim.name));
    const verdicts = await Promise.all(same.map(async ({ record: other }) => {
        const owner = (0,_owner_js__WEBPACK_IMPORTED_MODULE_10__/* .parseOwner */ .pZ)(other.owner);
        return owner && (await (0,_owner_js__WEBPACK_IMPORTED_MODULE_10__/* .isLiving */ .O)(owner)) === 'dead' ? undefined : other;
    }));
    return verdicts.filter((each) => each !== undefined);
}
/** Whether somebody builds on it who left no record here, such as a job in a container: each client is a process inside. */
async function isBusy({ driver, nodes }, engine) {
    if (driver !== 'docker-container' || !engine.direct)
        return false;
    for (const node of nodes) {
        const { status, body } = await engine.ask('GET', `/containers/${containerName(node)}/json`);
        if (status !== 200)
            continue;
        const { ExecIDs: clients } = JSON.parse(body);
        if (Array.isArray(clients) && clients.length > 0)
            return true;
    }
    return false;
}
async function removeBuilder({ name, driver, keepState, nodes }, record, { env, engine, warn }) {
    const dir = (0,_store_js__WEBPACK_IMPORTED_MODULE_12__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(env), env);
    if (await (0,_store_js__WEBPACK_IMPORTED_MODULE_12__/* .storedBuilder */ .B0)(dir, name)) {
        const command = [...record.buildx, 'rm', '--force', ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_13__/* .flag */ .J)('--keep-state', keepState), name];
        const result = await (0,_docker_exec_js__WEBPACK_IMPORTED_MODULE_3__/* .exec */ .m)(command, { env, timeout: PATIENCE }).catch((fault) => ({ exitCode: 1, stderr: (0,_runner_log_js__WEBPACK_IMPORTED_MODULE_5__/* .describe */ .q0)(fault) }));
        // It is in no file of buildx's any more, so that trying again would do nothing: somebody has to look.
        if (result.exitCode !== 0 && driver !== 'docker-container')
            warn(`cleaning up: the ${driver} builder ${name} may be left (${(0,_faults_js__WEBPACK_IMPORTED_MODULE_8__/* .lastLine */ .fM)(result.stderr)})`);
        await unlinkStored(name, dir);
    }
    if (driver !== 'docker-container')
        return;
    // buildx removes what its own files know of. After a kill in between, and when those files are gone, the engine knows more.
    for (const node of nodes) {
        await removeContainer(engine, containerName(node));
        if (!keepState)
            await removeVolume(engine, `${containerName(node)}_state`);
    }
}
async function unlinkStored(name, dir) {
    for (const folder of ['instances', 'activity'])
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.unlink)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(dir, folder, name)).catch(() => undefined);
}
async function removeContext(name, env) {
    const { exitCode, stderr } = await (0,_docker_exec_js__WEBPACK_IMPORTED_MODULE_3__/* .exec */ .m)(['docker', 'context', 'rm', '--force', name], { env, timeout: PATIENCE });
    if (exitCode !== 0 && !/not found/i.test(stderr))
        throw new Error(`the docker context ${name} cannot be removed: ${stderr.trim()}`);
}
/** Ends a process that a killed step left running; one that has its number by now is let be. */
async function endProcess({ pid, started }) {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
        for (let waits = 0; waits < 40; waits++) {
            if ((await (0,_owner_js__WEBPACK_IMPORTED_MODULE_10__/* .processStart */ .gy)(pid)) !== started)
                return;
            if (waits === 0)
                process.kill(pid, signal);
            await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_2__.setTimeout)(50);
        }
    }
}
function said(body) {
    try {
        return String(JSON.parse(body).message);
    }
    catch {
        return body.trim();
    }
}


/***/ }),

/***/ 7990:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W0: () => (/* binding */ settings),
/* harmony export */   hN: () => (/* binding */ createCommands),
/* harmony export */   zA: () => (/* binding */ planNodes)
/* harmony export */ });
/* harmony import */ var _docker_command_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9644);
/* harmony import */ var _text_words_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6883);
/* harmony import */ var _store_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(457);



/**
 * The commands that make a builder, one for each node.
 *
 * @param buildx the words that call buildx
 * @see https://docs.docker.com/reference/cli/docker/buildx/create/
 */
function createCommands({ name, driver, configFile, nodes }, buildx) {
    return nodes.map((node, index) => [
        ...buildx,
        'create',
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--name', name),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--driver', driver),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--append', index > 0),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--node', node.name),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--driver-opt', node.driverOpts),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--buildkitd-flags', node.buildkitdFlags),
        // The older name of --buildkitd-config, which every version takes.
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--config', configFile),
        ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_1__/* .flag */ .J)('--platform', node.platforms.join(',')),
        ...(node.endpoint === '' ? [] : [node.endpoint]),
    ]);
}
/**
 * The nodes of a builder: the first from the inputs, then those of the input append. With the remote driver and no endpoint,
 * the first of append is the first of all.
 *
 * @param tlsOptions driver options with the certificates, by the number of the node
 * @param endpoint where the first node runs, where the inputs do not say
 */
function planNodes(config, name, driver, { needs, tlsOptions, endpoint }) {
    return settings(config, driver).map((node, index) => ({
        name: node.name || `${name}${index}`,
        endpoint: node.endpoint || (index === 0 ? endpoint : ''),
        platforms: node.platforms,
        driverOpts: [...node.driverOpts, ...(tlsOptions[index] ?? [])],
        buildkitdFlags: driver === 'remote' ? '' : withEntitlements(node.buildkitdFlags, needs.entitlements),
    }));
}
/** The nodes as the inputs describe them. */
function settings(config, driver) {
    const { endpoint, driverOpts, buildkitdFlags, append } = config;
    if (driver === 'remote' && endpoint === '')
        return append.map((node) => ({ ...node, driverOpts: [...driverOpts, ...node.driverOpts] }));
    return [{ name: '', endpoint, platforms: [], driverOpts, buildkitdFlags, ca: '', cert: '', key: '' }, ...append];
}
/** Flags of buildkitd with those entitlements allowed that the build asks for, and no others of our own. */
function withEntitlements(flags, entitlements) {
    const allowed = (0,_store_js__WEBPACK_IMPORTED_MODULE_0__/* .flagEntitlements */ .Ho)((0,_text_words_js__WEBPACK_IMPORTED_MODULE_2__/* .splitWords */ .y)(flags));
    const further = entitlements.filter((each) => !allowed.includes(each)).map((each) => `--allow-insecure-entitlement=${each}`);
    return [flags, ...further].filter((each) => each !== '').join(' ');
}


/***/ }),

/***/ 1845:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ exclusively),
/* harmony export */   y: () => (/* binding */ STALE)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var proper_lockfile__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3648);



/** How long a lock of a killed job can hold others up, in milliseconds. */
const STALE = 5_000;
/**
 * Does a piece of work for one builder at a time among all jobs of this user on the machine. The lock is a folder that is
 * touched while it is held, so that one left by a killed job is taken over.
 *
 * @param root the folder of the records
 * @param name of the builder
 * @throws Error when the folder cannot be written
 */
async function exclusively(root, name, work) {
    await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.mkdir)(root, { recursive: true, mode: 0o700 });
    const path = (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, name);
    const release = await (0,proper_lockfile__WEBPACK_IMPORTED_MODULE_2__.lock)(path, {
        realpath: false,
        stale: STALE,
        update: 1_000,
        // Booting a builder can take a minute where its image has to be pulled first; ten jobs may wait for it.
        retries: { retries: 6000, factor: 1, minTimeout: 30, maxTimeout: 200, randomize: true },
        onCompromised: () => undefined,
    }).catch((cause) => {
        throw new Error(`cannot lock ${path}: check that its folder can be written`, { cause });
    });
    try {
        return await work();
    }
    finally {
        await release().catch(() => undefined);
    }
}


/***/ }),

/***/ 7996:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   makeBuilder: () => (/* binding */ makeBuilder)
/* harmony export */ });
/* harmony import */ var _registry_reference_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6247);
/* harmony import */ var _certificates_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6698);
/* harmony import */ var _cleanup_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9872);
/* harmony import */ var _create_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(7990);
/* harmony import */ var _existing_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(7571);
/* harmony import */ var _faults_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2523);
/* harmony import */ var _lock_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(1845);
/* harmony import */ var _plan_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(1176);
/* harmony import */ var _records_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(5217);
/* harmony import */ var _store_js__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(457);










/**
 * Makes a builder and boots it, or takes the one of the same making that an earlier step of the job, or another job that
 * shares it, has made.
 *
 * @returns what it says of itself when it runs
 * @throws Error that names the builder and what to do
 */
async function makeBuilder(shop, driver, name) {
    const { config, recorder } = shop;
    const shared = isShared(shop);
    const keepState = config.keepState;
    const work = async () => {
        const stored = await (0,_store_js__WEBPACK_IMPORTED_MODULE_9__/* .storedBuilder */ .B0)(shop.buildxDir, name);
        // One that stands there without a claim of ours is the user's own: it is used, and stays.
        const foreign = !(await isClaimed(shop, name)) && (stored !== undefined || (shared && (await hasContainer(shop, name))));
        const nodes = stored?.nodes.map((node) => node.name) ?? (0,_create_js__WEBPACK_IMPORTED_MODULE_3__/* .settings */ .W0)(config, driver).map((node, index) => node.name || `${name}${index}`);
        if (!foreign && config.cleanup)
            await recorder.add({ builders: [{ name, driver: stored?.driver ?? driver, keepState, shared, nodes }] });
        return shop.group('Builder', async (print) => {
            if (stored)
                return boot(shop, name, print);
            return createAndBoot(shop, driver, { name, print });
        });
    };
    return shared ? (0,_lock_js__WEBPACK_IMPORTED_MODULE_6__/* .exclusively */ .G)(shop.root, name, work) : work();
}
function isShared({ config }) {
    return config.keepState || config.name !== '';
}
async function isClaimed({ root }, name) {
    return (await (0,_records_js__WEBPACK_IMPORTED_MODULE_8__/* .readRecords */ .T3)(root)).some(({ record }) => record.builders.some((claim) => claim.name === name));
}
/** The files of buildx's that name it can lie in another directory than ours. */
async function hasContainer({ engine }, name) {
    if (!engine.direct)
        return false;
    return (await engine.ask('GET', `/containers/${(0,_cleanup_js__WEBPACK_IMPORTED_MODULE_2__.containerName)(`${name}0`)}/json`).catch(() => undefined))?.status === 200;
}
async function createAndBoot(shop, driver, { name, print }) {
    const planned = await (0,_plan_js__WEBPACK_IMPORTED_MODULE_7__/* .planBuilder */ .Z)(shop, driver, name);
    const images = await (0,_plan_js__WEBPACK_IMPORTED_MODULE_7__/* .buildkitImages */ .b)(shop, planned);
    let fault;
    for (const image of images.length > 0 ? images.map(_registry_reference_js__WEBPACK_IMPORTED_MODULE_0__/* .formatReference */ .FH) : [undefined]) {
        if (fault !== undefined) {
            // The next place that has the image gets its turn with a builder made anew.
            print(`${String(fault)}; trying ${image}`);
            await shop.recorder.exec([...shop.buildx, 'rm', '--force', name], { env: shop.env, signal: shop.signal });
        }
        await create(shop, image === undefined ? planned : withImage(planned, image), print);
        try {
            return await boot(shop, name, print);
        }
        catch (cause) {
            if (shop.signal.aborted)
                throw cause;
            fault = cause;
        }
    }
    throw fault;
}
async function create(shop, planned, print) {
    for (const command of (0,_create_js__WEBPACK_IMPORTED_MODULE_3__/* .createCommands */ .hN)(planned, shop.buildx)) {
        const { exitCode, stderr } = await shop.recorder.exec(command, { env: shop.env, signal: shop.signal, onStderrLine: print });
        if (shop.signal.aborted)
            throw new Error(`builder: cancelled (${shop.signal.reason})`);
        if (exitCode !== 0) {
            const said = (0,_faults_js__WEBPACK_IMPORTED_MODULE_5__/* .lastLine */ .fM)(stderr);
            throw new Error(`builder: ${planned.name} could not be made (${said}); check the inputs driver, driver-opts, endpoint and append`);
        }
    }
}
/** An option that comes later takes the place of an earlier one. */
function withImage(planned, image) {
    const nodes = planned.nodes.map((node) => ({ ...node, driverOpts: [...node.driverOpts, (0,_certificates_js__WEBPACK_IMPORTED_MODULE_1__/* .csvField */ .XR)(`image=${image}`)] }));
    return { ...planned, nodes };
}
async function boot(shop, name, print) {
    const { result, inspected } = await (0,_faults_js__WEBPACK_IMPORTED_MODULE_5__/* .tried */ .J3)(() => (0,_existing_js__WEBPACK_IMPORTED_MODULE_4__/* .inspect */ .N)(shop, name, { bootstrap: true, print }), 
    // A remote node has been waited for already: https://github.com/docker/buildx/blob/master/driver/remote/driver.go
    ({ result: { exitCode, stderr }, inspected: { driver } }) => exitCode !== 0 && driver !== 'remote' && (0,_faults_js__WEBPACK_IMPORTED_MODULE_5__/* .isPassing */ .WG)((0,_faults_js__WEBPACK_IMPORTED_MODULE_5__/* .lastLine */ .fM)(stderr)), { signal: shop.signal, onAgain: (_, pause) => print(`trying again in ${pause / 1000} s`) });
    const silent = inspected.nodes.find(({ status, error }) => error !== undefined || status !== 'running');
    if (result.exitCode === 0 && inspected.error === undefined && silent === undefined)
        return inspected;
    const fault = result.exitCode === 0 ? (inspected.error ?? silent?.error ?? `the node ${silent?.name} is ${silent?.status}`) : (0,_faults_js__WEBPACK_IMPORTED_MODULE_5__/* .lastLine */ .fM)(result.stderr);
    throw new Error(`builder: ${name} does not start (${fault}); ${advice(fault)}`);
}
function advice(fault) {
    if (/x509|certificate|tls/i.test(fault))
        return 'check the certificates in tls-ca, tls-cert and tls-key, and the name in driver-opts servername';
    if (/pull|manifest|not found|denied|unauthorized/i.test(fault))
        return "check that the engine can pull BuildKit's image, or name another by driver-opts: image=…";
    return 'check the inputs endpoint, driver-opts and append, and that it can be reached';
}


/***/ }),

/***/ 1176:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  b: () => (/* binding */ buildkitImages),
  Z: () => (/* binding */ planBuilder),
  trustEnv: () => (/* binding */ trustEnv)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/registry/reference.js
var reference = __webpack_require__(6247);
// EXTERNAL MODULE: ./build/runner/env.js
var runner_env = __webpack_require__(3200);
// EXTERNAL MODULE: ./build/builder/certificates.js
var builder_certificates = __webpack_require__(6698);
// EXTERNAL MODULE: ./build/builder/create.js
var create = __webpack_require__(7990);
// EXTERNAL MODULE: ./build/builder/endpoint.js
var endpoint = __webpack_require__(8259);
// EXTERNAL MODULE: ./build/builder/faults.js
var faults = __webpack_require__(2523);
// EXTERNAL MODULE: ./build/builder/images.js
var builder_images = __webpack_require__(3960);
// EXTERNAL MODULE: ./build/builder/owner.js
var builder_owner = __webpack_require__(947);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:timers/promises"
var external_node_timers_promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
;// CONCATENATED MODULE: ./build/builder/probe.js



/** How long a node may take to come up, in milliseconds: as long as buildx would wait. */
const COMING_UP = 20_000;
const ANSWER = 5_000;
// The other side is not there yet, which can change.
const ABSENT = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']);
/**
 * Knocks at a remote BuildKit. buildx itself needs a minute to give up, and then does not say whether nobody answered or a
 * certificate was refused.
 *
 * @throws Error that names the endpoint and says what to do
 */
async function probeNode(node, signal) {
    if (!node.endpoint.startsWith('tcp://') || !URL.canParse(node.endpoint))
        return;
    for (const start = Date.now();; await (0,external_node_timers_promises_.setTimeout)(500, undefined, { signal }).catch(() => undefined)) {
        const fault = await knock(node);
        if (fault === undefined || signal.aborted)
            return;
        const code = fault.code ?? '';
        if (!ABSENT.has(code) || Date.now() - start > COMING_UP) {
            throw new Error(`builder: the BuildKit at ${node.endpoint} cannot be used (${code || fault.message}); ${advice(code, fault.message)}`, { cause: fault });
        }
    }
}
/** @returns undefined when it answers, or when nothing can be said of it */
function knock({ endpoint, servername, ca, cert, key }) {
    const { hostname, port } = new URL(endpoint);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const to = { host, port: Number(port) };
    const name = servername || host;
    const secure = ca !== '' || cert !== '';
    const tls = { ca, ...(cert === '' ? {} : { cert, key }), ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }), ALPNProtocols: ['h2'] };
    return new Promise((resolve) => {
        // What fails here at once, such as a key that is none, is told like what fails on the way.
        let socket;
        try {
            socket = secure ? (0,external_node_tls_.connect)({ ...to, ...tls }) : (0,external_node_net_.connect)(to);
        }
        catch (fault) {
            return resolve(fault);
        }
        const end = (fault) => {
            socket.destroy();
            resolve(fault);
        };
        socket.setTimeout(ANSWER, () => end());
        socket.once('error', end);
        // With TLS 1.3 a certificate of ours is refused after the handshake, so that only the first word of HTTP/2 says yes.
        socket.once('data', () => end());
        socket.once('end', () => end(Object.assign(new Error('it closed the connection'), { code: 'ECONNRESET' })));
    });
}
function advice(code, message) {
    if (ABSENT.has(code) || code === 'ENOTFOUND')
        return 'check the address in endpoint or append, and that BuildKit runs there';
    if (/ALTNAME/.test(code))
        return 'its certificate is for another name: give that as servername=… in driver-opts';
    if (/alert|SSL|handshake/i.test(`${code} ${message}`))
        return 'it does not take the certificate in tls-cert: check that and tls-key';
    return 'its certificate is not of the authority in tls-ca: give the one that signed it';
}

// EXTERNAL MODULE: ./node_modules/smol-toml/dist/index.js + 8 modules
var dist = __webpack_require__(3292);
;// CONCATENATED MODULE: ./build/builder/toml.js

/** The certificates that a setting names, in the order in which {@link registriesToml} asks for their files. */
function certificateTexts({ ca, keypairs }) {
    return [...ca, ...keypairs.flatMap(({ key, cert }) => [key, cert])];
}
/**
 * BuildKit's configuration with the settings of registries in it.
 *
 * @param base a configuration to start from; the empty string for none
 * @param fileOf gives the path of the file that holds a certificate
 * @returns TOML
 * @throws Error with the line when the base is not TOML
 */
function registriesToml(base, settings, fileOf) {
    const config = parseToml(base);
    const before = isTable(config.registry) ? config.registry : {};
    const own = settings.map(({ host, mirrors, http, insecure, ca, keypairs }) => [
        host,
        {
            ...(isTable(before[host]) ? before[host] : {}),
            ...(mirrors.length > 0 ? { mirrors: [...mirrors] } : {}),
            ...(http === undefined ? {} : { http }),
            ...(insecure ? { insecure } : {}),
            ...(ca.length > 0 ? { ca: ca.map(fileOf) } : {}),
            ...(keypairs.length > 0 ? { keypair: keypairs.map(({ key, cert }) => ({ key: fileOf(key), cert: fileOf(cert) })) } : {}),
        },
    ]);
    return (0,dist/* stringify */.As)(own.length === 0 ? config : { ...config, registry: { ...before, ...Object.fromEntries(own) } });
}
function parseToml(toml) {
    try {
        return (0,dist/* parse */.qg)(toml);
    }
    catch (cause) {
        const line = cause instanceof Error && 'line' in cause ? ` (line ${cause.line})` : '';
        // The parser's message shows the lines around the fault.
        throw new Error(`is not valid TOML${line}; see https://docs.docker.com/build/buildkit/toml-configuration/`);
    }
}
function isTable(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

;// CONCATENATED MODULE: ./build/builder/plan.js












/**
 * Makes the files that a builder needs, and plans its nodes.
 *
 * @throws Error that names the input whose file or certificate cannot be read
 */
async function planBuilder(shop, driver, name) {
    const { config, needs, env, recorder } = shop;
    const folder = (0,builder_certificates/* newFolder */.lC)((0,runner_env/* tempRoot */.fQ)(env));
    const base = config.buildkitdConfig === '' ? config.buildkitdConfigInline : await readConfig(config.buildkitdConfig);
    const wantsConfig = base !== '' || config.registries.length > 0;
    const certificates = driver === 'remote' ? (0,create/* settings */.W0)(config, driver).map((node, index) => (0,builder_certificates/* nodeTls */.Y_)(node, index, config.tls, env)) : [];
    const wantsTls = certificates.some(({ ca, cert }) => ca !== '' || cert !== '');
    // A builder that is to stay needs its certificates; the rest has been read by then.
    if (wantsConfig || (wantsTls && config.cleanup))
        await recorder.add({ folders: [folder] });
    const tls = await Promise.all(certificates.map((each, index) => (0,builder_certificates/* tlsOptions */.YF)(each, index, folder)));
    const nodes = (0,create/* planNodes */.zA)(config, name, driver, { needs, tlsOptions: tls, endpoint: await firstEndpoint(shop, driver) });
    if (driver === 'remote')
        await Promise.all(nodes.map((node) => probe(node, shop.signal)));
    return { name, driver, configFile: wantsConfig ? await writeConfig(shop, base, folder) : undefined, nodes };
}
/** Reads the certificates as buildx will, also those that the user names in driver-opts. */
async function probe({ endpoint, driverOpts }, signal) {
    const option = (name) => driverOpts.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const read = async (name) => (option(name) === '' ? '' : (0,promises_.readFile)(option(name), 'utf8').catch(() => ''));
    const [ca, cert, key] = await Promise.all([read('cacert'), read('cert'), read('key')]);
    await probeNode({ endpoint, servername: option('servername'), ca, cert, key }, signal);
}
async function writeConfig({ config }, base, folder) {
    const files = new Map();
    for (const setting of config.registries) {
        for (const certificate of certificateTexts(setting)) {
            // buildx copies them by the last part of their names, which must therefore differ.
            if (!files.has(certificate))
                files.set(certificate, (0,external_node_path_.join)(folder, `registry-${files.size}.pem`));
        }
    }
    const toml = registriesToml(base, config.registries, (certificate) => files.get(certificate) ?? certificate);
    for (const [certificate, path] of files)
        await (0,builder_certificates/* writePrivate */.pb)(path, await (0,builder_certificates/* pemText */.oW)(certificate, 'a certificate of the input registry-config'));
    const path = (0,external_node_path_.join)(folder, 'buildkitd.toml');
    await (0,builder_certificates/* writePrivate */.pb)(path, toml);
    return path;
}
/**
 * The environment in which buildx itself trusts the authorities of the input registry-config when it reads a registry: what it
 * tells BuildKit of them, it does not heed on its own.
 *
 * @returns nothing to add where there are none
 * @see https://github.com/docker/buildx/blob/master/util/imagetools/inspect.go registryResolver, https://pkg.go.dev/crypto/x509#SystemCertPool
 */
async function trustEnv({ config, env, recorder }) {
    const authorities = [...new Set(config.registries.flatMap(({ ca }) => ca))];
    if (authorities.length === 0)
        return {};
    const folder = (0,builder_certificates/* newFolder */.lC)((0,runner_env/* tempRoot */.fQ)(env));
    await recorder.add({ folders: [folder] });
    for (const [index, authority] of authorities.entries()) {
        await (0,builder_certificates/* writePrivate */.pb)((0,external_node_path_.join)(folder, `${index}.pem`), await (0,builder_certificates/* pemText */.oW)(authority, 'a certificate of the input registry-config'));
    }
    return { SSL_CERT_DIR: [env.SSL_CERT_DIR || '/etc/ssl/certs:/etc/pki/tls/certs', folder].join(':') };
}
async function readConfig(path) {
    return (0,promises_.readFile)(path, 'utf8').catch((cause) => {
        throw new Error(`input buildkitd-config: cannot read ${path} (${cause.code}); check the path, which counts from the workspace`, {
            cause,
        });
    });
}
/**
 * buildx refuses to make a builder in an engine whose certificates come from the environment: it is given a context.
 *
 * @see https://github.com/docker/setup-buildx-action/issues/105
 */
async function firstEndpoint({ config, env, engine, owner, recorder, signal }, driver) {
    if (driver !== 'docker-container' || config.endpoint !== '' || !(0,endpoint/* needsContext */.jj)(engine.endpoint))
        return '';
    const context = `manifold-${(0,builder_owner/* formatOwner */.Vu)(owner)}`;
    await recorder.add({ contexts: [context] });
    const { exitCode, stderr } = await recorder.exec(['docker', 'context', 'create', context], { env, signal });
    if (exitCode !== 0 && !/already exists/.test(stderr))
        throw new Error(`builder: docker context create failed (${(0,faults/* lastLine */.fM)(stderr)}); set the input endpoint to a context`);
    return context;
}
/** What buildx boots when nobody says otherwise. @see https://github.com/docker/buildx/blob/master/driver/bkimage/bkimage.go */
const BUILDKIT = 'moby/buildkit:buildx-stable-1';
/** Where BuildKit's image is taken from, if a mirror has it; nothing when buildx's own way will do. */
async function buildkitImages({ config, configDir, env }, { driver, nodes }) {
    if (driver === 'remote' || config.registries.length === 0)
        return [];
    const options = nodes.flatMap(({ driverOpts }) => driverOpts).map((option) => /^image=(.*)$/.exec(option)?.[1]);
    const image = (0,reference/* parseReference */.F2)(options.find((each) => each !== undefined) ?? BUILDKIT);
    const sources = await (0,builder_images/* imageSources */.c)(image, config.registries, configDir, env);
    return sources.length > 1 ? sources : [];
}


/***/ })

};
