export const id = 872;
export const ids = [872];
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


/***/ })

};
