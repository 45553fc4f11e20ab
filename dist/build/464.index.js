export const id = 464;
export const ids = [464,364];
export const modules = {

/***/ 364:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   containerName: () => (/* binding */ containerName),
/* harmony export */   removeContainer: () => (/* binding */ removeContainer),
/* harmony export */   removeVolume: () => (/* binding */ removeVolume),
/* harmony export */   undo: () => (/* binding */ undo),
/* harmony export */   undoPath: () => (/* binding */ undoPath)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8500);
/* harmony import */ var _docker_command_js__WEBPACK_IMPORTED_MODULE_12__ = __webpack_require__(880);
/* harmony import */ var _docker_exec_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6682);
/* harmony import */ var _runner_env_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2252);
/* harmony import */ var _runner_log_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(8261);
/* harmony import */ var _endpoint_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(2903);
/* harmony import */ var _engine_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(609);
/* harmony import */ var _lock_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(9353);
/* harmony import */ var _owner_js__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(8879);
/* harmony import */ var _records_js__WEBPACK_IMPORTED_MODULE_10__ = __webpack_require__(3074);
/* harmony import */ var _store_js__WEBPACK_IMPORTED_MODULE_11__ = __webpack_require__(4317);













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
        await step(() => (0,_lock_js__WEBPACK_IMPORTED_MODULE_8__/* .exclusively */ .G)(deps.root, claim.name, () => release(claim, { path, record }, { root: deps.root, env, engine })));
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
    await (0,_records_js__WEBPACK_IMPORTED_MODULE_10__/* .removeRecord */ .GI)(path, _lock_js__WEBPACK_IMPORTED_MODULE_8__/* .STALE */ .y);
    return true;
}
/** Undoes the record that main left, if it left one: for post. */
async function undoPath(path, deps) {
    const filed = await (0,_records_js__WEBPACK_IMPORTED_MODULE_10__/* .readRecord */ .aE)(path);
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
    const dir = (0,_store_js__WEBPACK_IMPORTED_MODULE_11__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(env), env);
    if (others.length === 0) {
        if (claim.shared && (await isBusy(claim, engine)))
            return false;
        await removeBuilder(claim, record, place);
    }
    else if (others.every((other) => (0,_store_js__WEBPACK_IMPORTED_MODULE_11__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(other.env), other.env) !== dir)) {
        // Others build on it: only what this step wrote into its own directory of buildx's goes.
        await unlinkStored(claim.name, dir);
    }
    const now = (await (0,_records_js__WEBPACK_IMPORTED_MODULE_10__/* .readRecord */ .aE)(path))?.record ?? record;
    await (0,_records_js__WEBPACK_IMPORTED_MODULE_10__/* .writeRecord */ .rh)(path, { ...now, builders: now.builders.filter(({ name }) => name !== claim.name) });
    return true;
}
async function otherClaims(claim, { path, record }, root) {
    const same = (await (0,_records_js__WEBPACK_IMPORTED_MODULE_10__/* .readRecords */ .T3)(root)).filter((other) => other.path !== path && other.record.host === record.host && other.record.builders.some(({ name }) => name === claim.name));
    const verdicts = await Promise.all(same.map(async ({ record: other }) => {
        const owner = (0,_owner_js__WEBPACK_IMPORTED_MODULE_9__/* .parseOwner */ .pZ)(other.owner);
        return owner && (await (0,_owner_js__WEBPACK_IMPORTED_MODULE_9__/* .isLiving */ .O)(owner)) === 'dead' ? undefined : other;
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
async function removeBuilder({ name, driver, keepState, nodes }, record, { env, engine }) {
    const dir = (0,_store_js__WEBPACK_IMPORTED_MODULE_11__/* .buildxConfigDir */ .iL)((0,_runner_env_js__WEBPACK_IMPORTED_MODULE_4__/* .dockerConfigDir */ .kG)(env), env);
    if (await (0,_store_js__WEBPACK_IMPORTED_MODULE_11__/* .storedBuilder */ .B0)(dir, name)) {
        const command = [...record.buildx, 'rm', '--force', ...(0,_docker_command_js__WEBPACK_IMPORTED_MODULE_12__/* .flag */ .J)('--keep-state', keepState), name];
        const { exitCode, stderr } = await (0,_docker_exec_js__WEBPACK_IMPORTED_MODULE_3__/* .exec */ .m)(command, { env, timeout: PATIENCE }).catch((fault) => ({
            exitCode: 1,
            stderr: String(fault),
        }));
        if (exitCode !== 0 && driver !== 'docker-container')
            throw new Error(`the builder ${name} cannot be removed: ${stderr.trim().split('\n').at(-1)}`);
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
            if ((await (0,_owner_js__WEBPACK_IMPORTED_MODULE_9__/* .processStart */ .gy)(pid)) !== started)
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

/***/ 9353:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ exclusively),
/* harmony export */   y: () => (/* binding */ STALE)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var proper_lockfile__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4306);



/** How long a lock of a killed job can hold others up, in milliseconds. */
const STALE = 10_000;
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
        update: 2_000,
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

/***/ 9464:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  makeBuilder: () => (/* binding */ makeBuilder)
});

// EXTERNAL MODULE: ./build/registry/reference.js
var reference = __webpack_require__(6195);
// EXTERNAL MODULE: ./build/builder/certificates.js
var builder_certificates = __webpack_require__(6886);
// EXTERNAL MODULE: ./build/builder/cleanup.js
var cleanup = __webpack_require__(364);
// EXTERNAL MODULE: ./build/docker/command.js
var command = __webpack_require__(880);
// EXTERNAL MODULE: ./build/text/words.js
var words = __webpack_require__(4471);
// EXTERNAL MODULE: ./build/builder/store.js
var store = __webpack_require__(4317);
;// CONCATENATED MODULE: ./build/builder/create.js



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
        ...(0,command/* flag */.J)('--name', name),
        ...(0,command/* flag */.J)('--driver', driver),
        ...(0,command/* flag */.J)('--append', index > 0),
        ...(0,command/* flag */.J)('--node', node.name),
        ...(0,command/* flag */.J)('--driver-opt', node.driverOpts),
        ...(0,command/* flag */.J)('--buildkitd-flags', node.buildkitdFlags),
        // The older name of --buildkitd-config, which every version takes.
        ...(0,command/* flag */.J)('--config', configFile),
        ...(0,command/* flag */.J)('--platform', node.platforms.join(',')),
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
    const allowed = (0,store/* flagEntitlements */.Ho)((0,words/* splitWords */.y)(flags));
    const further = entitlements.filter((each) => !allowed.includes(each)).map((each) => `--allow-insecure-entitlement=${each}`);
    return [flags, ...further].filter((each) => each !== '').join(' ');
}

// EXTERNAL MODULE: ./build/builder/existing.js
var existing = __webpack_require__(663);
// EXTERNAL MODULE: ./build/builder/faults.js
var faults = __webpack_require__(1055);
// EXTERNAL MODULE: ./build/builder/lock.js
var lock = __webpack_require__(9353);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/runner/env.js
var runner_env = __webpack_require__(2252);
// EXTERNAL MODULE: ./build/builder/endpoint.js
var endpoint = __webpack_require__(2903);
// EXTERNAL MODULE: ./build/builder/images.js
var builder_images = __webpack_require__(6756);
// EXTERNAL MODULE: ./build/builder/owner.js
var builder_owner = __webpack_require__(8879);
// EXTERNAL MODULE: ../../../work/main/node_modules/smol-toml/dist/index.js + 8 modules
var dist = __webpack_require__(9366);
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
            ...(http ? { http } : {}),
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
    const certificates = driver === 'remote' ? settings(config, driver).map((node, index) => (0,builder_certificates/* nodeTls */.Y_)(node, index, config.tls, env)) : [];
    const wantsTls = certificates.some(({ ca, cert }) => ca !== '' || cert !== '');
    // A builder that is to stay needs its certificates; the rest has been read by then.
    if (wantsConfig || (wantsTls && config.cleanup))
        await recorder.add({ folders: [folder] });
    const tls = await Promise.all(certificates.map((each, index) => (0,builder_certificates/* tlsOptions */.YF)(each, index, folder)));
    return {
        name,
        driver,
        configFile: wantsConfig ? await writeConfig(shop, base, folder) : undefined,
        nodes: planNodes(config, name, driver, { needs, tlsOptions: tls, endpoint: await firstEndpoint(shop, driver) }),
    };
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

// EXTERNAL MODULE: ./build/builder/records.js
var records = __webpack_require__(3074);
;// CONCATENATED MODULE: ./build/builder/make.js










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
        const stored = await (0,store/* storedBuilder */.B0)(shop.buildxDir, name);
        // One that stands there without a claim of ours is the user's own: it is used, and stays.
        const foreign = !(await isClaimed(shop, name)) && (stored !== undefined || (shared && (await hasContainer(shop, name))));
        const nodes = stored?.nodes.map((node) => node.name) ?? settings(config, driver).map((node, index) => node.name || `${name}${index}`);
        if (!foreign && config.cleanup)
            await recorder.add({ builders: [{ name, driver: stored?.driver ?? driver, keepState, shared, nodes }] });
        return shop.group('Builder', async (print) => {
            if (stored)
                return boot(shop, name, print);
            return createAndBoot(shop, driver, { name, print });
        });
    };
    return shared ? (0,lock/* exclusively */.G)(shop.root, name, work) : work();
}
function isShared({ config }) {
    return config.keepState || config.name !== '';
}
async function isClaimed({ root }, name) {
    return (await (0,records/* readRecords */.T3)(root)).some(({ record }) => record.builders.some((claim) => claim.name === name));
}
/** The files of buildx's that name it can lie in another directory than ours. */
async function hasContainer({ engine }, name) {
    if (!engine.direct)
        return false;
    return (await engine.ask('GET', `/containers/${(0,cleanup.containerName)(`${name}0`)}/json`).catch(() => undefined))?.status === 200;
}
async function createAndBoot(shop, driver, { name, print }) {
    const planned = await planBuilder(shop, driver, name);
    const images = await buildkitImages(shop, planned);
    let fault;
    for (const image of images.length > 0 ? images.map(reference/* formatReference */.FH) : [undefined]) {
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
    for (const command of createCommands(planned, shop.buildx)) {
        const { exitCode, stderr } = await shop.recorder.exec(command, { env: shop.env, signal: shop.signal, onStderrLine: print });
        if (shop.signal.aborted)
            throw new Error(`builder: cancelled (${shop.signal.reason})`);
        if (exitCode !== 0) {
            const said = (0,faults/* lastLine */.fM)(stderr);
            throw new Error(`builder: ${planned.name} could not be made (${said}); check the inputs driver, driver-opts, endpoint and append`);
        }
    }
}
/** An option that comes later takes the place of an earlier one. */
function withImage(planned, image) {
    const nodes = planned.nodes.map((node) => ({ ...node, driverOpts: [...node.driverOpts, (0,builder_certificates/* csvField */.XR)(`image=${image}`)] }));
    return { ...planned, nodes };
}
async function boot(shop, name, print) {
    const { result, inspected } = await (0,faults/* tried */.J3)(() => (0,existing/* inspect */.N)(shop, name, { bootstrap: true, print }), ({ result: { exitCode, stderr } }) => exitCode !== 0 && (0,faults/* isPassing */.WG)((0,faults/* lastLine */.fM)(stderr)), { signal: shop.signal, onAgain: (_, pause) => print(`trying again in ${pause / 1000} s`) });
    const silent = inspected.nodes.find(({ status, error }) => error !== undefined || status !== 'running');
    if (result.exitCode === 0 && inspected.error === undefined && silent === undefined)
        return inspected;
    const fault = result.exitCode === 0 ? (inspected.error ?? silent?.error ?? `the node ${silent?.name} is ${silent?.status}`) : (0,faults/* lastLine */.fM)(result.stderr);
    throw new Error(`builder: ${name} does not start (${fault}); ${advice(fault)}`);
}
function advice(fault) {
    if (/x509|certificate|tls/i.test(fault))
        return 'check the certificates in tls-ca, tls-cert and tls-key, and the name in driver-opts servername';
    if (/pull|manifest|not found|denied|unauthorized/i.test(fault))
        return "check that the engine can pull BuildKit's image, or name another by driver-opts: image=…";
    return 'check the inputs endpoint, driver-opts and append, and that it can be reached';
}


/***/ })

};
