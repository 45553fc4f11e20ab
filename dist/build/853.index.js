export const id = 853;
export const ids = [853];
export const modules = {

/***/ 1853:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  bringMountsIn: () => (/* binding */ bringMountsIn),
  takeMountsOut: () => (/* binding */ takeMountsOut)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/docker/command.js
var docker_command = __webpack_require__(9644);
// EXTERNAL MODULE: ./build/docker/exec.js + 1 modules
var exec = __webpack_require__(3420);
// EXTERNAL MODULE: ./node_modules/dockerfile-ast/lib/main.js
var main = __webpack_require__(8390);
// EXTERNAL MODULE: ./build/text/csv.js
var csv = __webpack_require__(7926);
;// CONCATENATED MODULE: ./build/cache/mounts/dockerfile.js


/**
 * Finds the cache mounts of the stages that a build of the target needs. Each mount is named once.
 *
 * @param text of the Dockerfile
 * @param target the stage to build; empty for the last
 * @see https://docs.docker.com/reference/dockerfile/#run---mounttypecache
 */
function findMounts(text, target) {
    const dockerfile = main.DockerfileParser.parse(text);
    const stages = toStages(dockerfile.getInstructions());
    const skipped = new Set();
    const seen = new Set();
    const found = needed(stages, target).flatMap((stage) => {
        const { base, settings } = resolve(stage, stages);
        const mounts = stage.instructions.flatMap(mountsOf).filter((mount) => {
            const from = mount.from !== undefined && stages.some(({ name }) => name === mount.from?.toLowerCase());
            if (from)
                skipped.add(mount.id);
            // With a variable in it, the same text can mean another mount in another stage.
            const kind = mount.options.filter((option) => !option.startsWith('sharing='));
            const key = JSON.stringify([mount.id, kind, variable(mount) ? stage.index : '']);
            return !from && !seen.has(key) && seen.add(key);
        });
        const part = (own, lines) => own.length === 0 ? [] : [{ base, platform: stage.platform, settings: lines, mounts: own.map(toMount) }];
        // What all platforms share is kept apart, so that it is copied once.
        return [
            ...part(mounts.filter((mount) => !variable(mount)), []),
            ...part(mounts.filter(variable), settings),
        ];
    });
    const character = dockerfile.getEscapeCharacter();
    const head = [...(character === '\\' ? [] : [`# escape=${character}`]), ...dockerfile.getInitialARGs().map((arg) => arg.getTextContent())];
    return { head, stages: found, skipped: [...skipped] };
}
function toStages(instructions) {
    const starts = instructions.flatMap((each, at) => (each.getKeyword() === 'FROM' ? [at] : []));
    return starts.map((start, index) => {
        const from = instructions[start];
        return {
            index,
            name: from.getBuildStage()?.toLowerCase(),
            image: from.getImage() ?? '',
            platform: from.getPlatformFlag()?.getValue() ?? undefined,
            instructions: instructions.slice(start + 1, starts[index + 1]),
        };
    });
}
/** The target with all stages that it is built from or copies from. */
function needed(stages, target) {
    const wanted = new Set();
    const visit = (stage) => {
        if (!stage || wanted.has(stage))
            return;
        wanted.add(stage);
        const sources = stage.instructions.flatMap((each) => [
            ...flags(each, 'from'),
            ...flags(each, 'mount').flatMap((flag) => fieldsOf(flag).get('from') ?? []),
        ]);
        for (const name of [stage.image, ...sources])
            visit(stageNamed(stages.slice(0, stage.index), name));
    };
    visit(target === '' ? stages.at(-1) : stageNamed(stages, target));
    return stages.filter((stage) => wanted.has(stage));
}
function stageNamed(stages, name) {
    return stages.findLast((stage) => stage.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);
}
/** Follows a stage down to its image; the environment set on the way is inherited, the arguments are not. */
function resolve(stage, stages) {
    const own = stage.instructions.filter((each) => ['ARG', 'ENV'].includes(each.getKeyword())).map((each) => each.getTextContent());
    const parent = stageNamed(stages.slice(0, stage.index), stage.image);
    if (!parent)
        return { base: stage.image, settings: own };
    const { base, settings } = resolve(parent, stages);
    return { base, settings: [...settings.filter((line) => !/^ARG\b/i.test(line)), ...own] };
}
function mountsOf(instruction) {
    if (instruction.getKeyword() !== 'RUN')
        return [];
    return flags(instruction, 'mount').flatMap((flag) => {
        const fields = fieldsOf(flag);
        const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination');
        if (fields.get('type') !== 'cache' || target === undefined)
            return [];
        const kept = [...fields].filter(([key]) => ['from', 'source', 'src', 'uid', 'gid', 'mode', 'sharing'].includes(key));
        return [
            {
                id: fields.get('id') || cleanPath(target),
                options: kept.map(([key, value]) => (0,csv/* joinFields */.K)([`${key}=${value}`])),
                from: fields.get('from'),
            },
        ];
    });
}
function toMount({ id, options }) {
    return { id, options };
}
function variable({ id, options }) {
    return [id, ...options].some((text) => text.includes('$'));
}
function flags(instruction, name) {
    if (!('getFlags' in instruction))
        return [];
    const all = instruction.getFlags();
    return all.filter((flag) => flag.getName() === name).flatMap((flag) => flag.getValue() ?? []);
}
function fieldsOf(flag) {
    try {
        const pairs = (0,csv/* splitFields */.r)(flag).map((field) => [
            (field.split('=', 1)[0] ?? '').toLowerCase(),
            field.slice(field.indexOf('=') + 1),
        ]);
        return new Map(pairs);
    }
    catch {
        // BuildKit will say what is wrong with it.
        return new Map();
    }
}
/** Go's path.Clean, which BuildKit makes an id of a target with. */
function cleanPath(path) {
    const parts = [];
    for (const part of path.split('/')) {
        if (part === '' || part === '.')
            continue;
        if (part === '..' && parts.length > 0 && parts.at(-1) !== '..')
            parts.pop();
        else if (part !== '..' || !path.startsWith('/'))
            parts.push(part);
    }
    return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}` || '.';
}

// EXTERNAL MODULE: ./build/registry/client.js
var registry_client = __webpack_require__(6499);
// EXTERNAL MODULE: ./build/registry/credentials.js + 1 modules
var credentials = __webpack_require__(7429);
// EXTERNAL MODULE: ./build/registry/image.js
var registry_image = __webpack_require__(1375);
// EXTERNAL MODULE: ./build/registry/reference.js
var registry_reference = __webpack_require__(6247);
// EXTERNAL MODULE: ./build/runner/env.js
var runner_env = __webpack_require__(3200);
// EXTERNAL MODULE: ./build/cache/directory.js
var directory = __webpack_require__(4958);
// EXTERNAL MODULE: ./build/cache/layout.js
var layout = __webpack_require__(439);
;// CONCATENATED MODULE: ./build/cache/mounts/place.js









const PATIENCE = 5000;
const PACKING = 'compression=zstd,force-compression=true,oci-mediatypes=true';
const nothing = async () => undefined;
/**
 * Looks for saved contents.
 *
 * @param temp a folder for what has to be fetched first
 * @returns undefined when there are none
 * @throws Error when the place cannot be read
 */
async function place_findMounts(place, temp, env) {
    if (place.kind === 'registry')
        return await findInRegistry(place.reference, env);
    if (place.kind === 'directory') {
        const work = await (0,directory/* openDirectory */.AJ)(place);
        if (!work.usable)
            throw new Error(work.reason);
        const saved = work.digest === undefined ? undefined : await savedIn(work.path, work.digest);
        if (!saved)
            await (0,directory/* removeWork */.MB)(work.path);
        return saved && { ...saved, close: () => (0,directory/* removeWork */.MB)(work.path) };
    }
    const { restore } = await Promise.all(/* import() */[__webpack_require__.e(88), __webpack_require__.e(691), __webpack_require__.e(196)]).then(__webpack_require__.bind(__webpack_require__, 3196));
    const folder = (0,external_node_path_.join)(temp, 'mounts');
    await (0,promises_.mkdir)(folder, { recursive: true });
    if (!(await restore(folder, place.scope)))
        return undefined;
    const entry = await entryIn(folder, place.scope);
    return entry ? { ...(await savedIn(folder, entry.digest)), close: nothing } : undefined;
}
/** Prepares a place for new contents; what is there already stays until they are whole. */
async function prepareTarget(place, temp) {
    if (place.kind === 'registry') {
        // Straight into the registry: nothing of it gets into the engine's own store.
        const output = `type=image,"name=${(0,registry_reference/* formatReference */.FH)(place.reference)}",push=true,store=false,${PACKING}`;
        return { output, keep: nothing, close: nothing };
    }
    const layout = (folder) => `type=oci,"dest=${folder}",tar=false,"name=manifold/mounts:${place.scope}",${PACKING}`;
    if (place.kind === 'directory') {
        const work = await (0,directory/* openDirectory */.AJ)(place);
        if (!work.usable)
            throw new Error(work.reason);
        return { output: layout(work.path), keep: async () => void (await (0,directory/* commitDirectory */.$G)(work)), close: () => (0,directory/* removeWork */.MB)(work.path) };
    }
    const folder = (0,external_node_path_.join)(temp, 'mounts');
    await (0,promises_.mkdir)(folder, { recursive: true });
    const keep = async () => {
        const entry = await entryIn(folder, place.scope);
        if (!entry)
            throw new Error('the build has left nothing to be kept');
        const { save } = await Promise.all(/* import() */[__webpack_require__.e(88), __webpack_require__.e(691), __webpack_require__.e(196)]).then(__webpack_require__.bind(__webpack_require__, 3196));
        await save(folder, place.scope, entry.digest);
    };
    return { output: layout(folder), keep, close: nothing };
}
async function findInRegistry(reference, env) {
    const credential = await (0,credentials/* credentialFor */.F)(reference.host, (0,runner_env/* dockerConfigDir */.kG)(env), env).catch(() => undefined);
    const client = new registry_client/* RegistryClient */.b(reference, credential, PATIENCE);
    const manifest = await client.manifest(reference.tag ?? 'latest');
    if (!manifest)
        return undefined;
    const image = await (0,registry_image/* readImage */.A)(manifest, (digest) => client.blob(digest));
    return {
        context: `docker-image://${(0,registry_reference/* formatReference */.FH)({ ...reference, digest: image.digest })}`,
        platforms: platformsOf(image),
        close: nothing,
    };
}
async function savedIn(folder, digest) {
    const read = (blob) => (0,promises_.readFile)((0,external_node_path_.join)(folder, (0,layout/* blobPath */.nD)(blob)), 'utf8');
    const image = await (0,registry_image/* readImage */.A)({ digest, mediaType: '', body: await read(digest) }, read);
    return { context: `oci-layout://${folder}@${digest}`, platforms: platformsOf(image) };
}
async function entryIn(folder, scope) {
    return (0,layout/* entryNamed */.OM)(await (0,layout/* readIndex */.vY)(folder), scope);
}
function platformsOf({ platforms }) {
    return [...platforms.keys()];
}

;// CONCATENATED MODULE: ./build/cache/mounts/recipe.js


/** The name of the build context that holds the saved contents. */
const SAVED = 'manifold-saved';
/**
 * A Dockerfile whose result is the contents of the mounts, a folder for each.
 *
 * There is no other way to them than a step that has the mount: exporters leave them out
 * (https://github.com/moby/buildkit/issues/1474). Owners, modes and links are kept.
 */
function takeOutRecipe(mounts, options) {
    const stages = mounts.stages.map((stage, index) => {
        const copy = stage.mounts.map((mount, at) => `mkdir -p ${OUT}/${keyOf(mount)} && cp -a ${folder(at)}/. ${OUT}/${keyOf(mount)}/`);
        return stageText(stage, { index, mounts: [], script: copy.join(' && '), options });
    });
    return [
        ...mounts.head,
        ...stages.flat(),
        'FROM scratch',
        ...mounts.stages.map((_, index) => `COPY --from=${stageName(index)} ${OUT}/ /`),
        '',
    ].join('\n');
}
/**
 * A Dockerfile that fills the mounts from the build context {@link SAVED}. A mount with something in it is left as it is: a
 * builder that lives on has newer contents than any that were saved.
 */
function bringInRecipe(mounts, options) {
    const stages = mounts.stages.map((stage, index) => {
        const copy = stage.mounts.map((mount, at) => {
            const from = `${IN}/${keyOf(mount)}`;
            return `if [ -d ${from} ] && [ -z "$(ls -A ${folder(at)})" ]; then cp -a ${from}/. ${folder(at)}/; fi`;
        });
        const script = [...copy, `mkdir -p ${OUT}`, `: > ${OUT}/done-${index}`].join(' && ');
        return stageText(stage, { index, mounts: [(0,csv/* joinFields */.K)(['type=bind', `from=${SAVED}`, `target=${IN}`])], script, options });
    });
    return [
        ...mounts.head,
        ...stages.flat(),
        'FROM scratch',
        ...mounts.stages.map((_, index) => `COPY --from=${stageName(index)} ${OUT}/ /`),
        '',
    ].join('\n');
}
const OUT = '/.manifold/out';
const IN = '/.manifold/in';
function stageText(stage, { index, mounts, script, options }) {
    // Copying needs no emulation. One platform alone may be all that the base has.
    const platform = stage.platform ?? (options.platforms.length > 1 ? '$BUILDPLATFORM' : undefined);
    const flags = [
        ...stage.mounts.map((mount, at) => (0,csv/* joinFields */.K)(['type=cache', `id=${mount.id}`, ...mount.options, `target=${folder(at)}`])),
        ...mounts,
    ];
    return [
        `FROM ${platform === undefined ? '' : `--platform=${platform} `}${options.image || stage.base} AS ${stageName(index)}`,
        'USER 0:0',
        ...stage.settings,
        // In the exec form, whatever SHELL the base has.
        `RUN --network=none ${flags.map((flag) => `--mount=${flag}`).join(' ')} ${JSON.stringify(['/bin/sh', '-c', `${script} # ${options.nonce}`])}`,
    ];
}
function stageName(index) {
    return `manifold-${index}`;
}
function folder(at) {
    return `/.manifold/mount-${at}`;
}
/** The name under which a mount's contents are saved: the same for the same text in the Dockerfile. */
function keyOf({ id, options }) {
    const kind = options.filter((option) => !option.startsWith('sharing='));
    return (0,external_node_crypto_.createHash)('sha256')
        .update(JSON.stringify([id, kind]))
        .digest('hex')
        .slice(0, 16);
}

;// CONCATENATED MODULE: ./build/cache/mounts/carry.js








/**
 * Brings saved contents into the mounts that are empty.
 *
 * @returns a line for the log
 * @throws Error that says why they stay as they are
 */
async function bringMountsIn(cargo) {
    const mounts = findMounts(cargo.dockerfile, cargo.target);
    if (mounts.stages.length === 0)
        return nothingToCarry(mounts);
    return await inFolder(cargo, async (folder) => {
        const saved = await place_findMounts(cargo.place, folder, cargo.env);
        if (!saved)
            return `${count(mounts)}, and nothing of them is saved in ${cargo.place.name} yet`;
        try {
            const platforms = cargo.platforms.filter((platform) => saved.platforms.includes(platform));
            if (cargo.platforms.length > 0 && platforms.length === 0)
                return `${cargo.place.name} has nothing for ${cargo.platforms.join(', ')}`;
            const recipe = bringInRecipe(mounts, options(cargo, platforms));
            const args = ['--build-context', `${SAVED}=${saved.context}`, '--output', 'type=cacheonly'];
            const seconds = await build({ ...cargo, platforms }, recipe, args, folder);
            return `${count(mounts)}, filled from ${cargo.place.name} in ${seconds} s where empty`;
        }
        finally {
            await saved.close();
        }
    });
}
/**
 * Saves what is in the mounts.
 *
 * @returns a line for the log
 * @throws Error that says why they are not saved; what was saved before is then as it was
 */
async function takeMountsOut(cargo) {
    const mounts = findMounts(cargo.dockerfile, cargo.target);
    if (mounts.stages.length === 0)
        return nothingToCarry(mounts);
    return await inFolder(cargo, async (folder) => {
        const target = await prepareTarget(cargo.place, folder);
        try {
            const seconds = await build(cargo, takeOutRecipe(mounts, options(cargo, cargo.platforms)), ['--output', target.output], folder);
            await target.keep();
            return `${count(mounts)}, saved to ${cargo.place.name} in ${seconds} s`;
        }
        finally {
            await target.close();
        }
    });
}
async function build(cargo, recipe, args, folder) {
    const { command, platforms, env, signal, patience } = cargo;
    const started = performance.now();
    const context = (0,external_node_path_.join)(folder, 'context');
    await (0,promises_.mkdir)(context, { recursive: true });
    const words = [
        ...command.slice(0, command.indexOf('build') + 1),
        ...(0,docker_command/* flag */.J)('--builder', values(command, '--builder')),
        ...(0,docker_command/* flag */.J)('--progress', 'plain'),
        ...(0,docker_command/* flag */.J)('--file', '-'),
        ...(0,docker_command/* flag */.J)('--platform', platforms.join(',')),
        // The base images' names may depend on them, or be replaced by them.
        ...(0,docker_command/* flag */.J)('--build-arg', values(command, '--build-arg')),
        ...(0,docker_command/* flag */.J)('--build-context', values(command, '--build-context')),
        ...(0,docker_command/* flag */.J)('--provenance', 'false'),
        ...args,
        context,
    ];
    const result = await (0,exec/* exec */.m)(words, { input: recipe, env, signal, timeout: patience });
    if (result.timedOut)
        throw new Error(`not done after ${Math.round(patience / 1000)} s`);
    if (result.exitCode !== 0)
        throw new Error(lastError(result.stderr));
    return ((performance.now() - started) / 1000).toFixed(1);
}
function options({ image }, platforms) {
    return { image, platforms, nonce: (0,external_node_crypto_.randomBytes)(8).toString('hex') };
}
async function inFolder({ temp }, work) {
    const folder = (0,external_node_path_.join)(temp, `mounts-${(0,external_node_crypto_.randomBytes)(4).toString('hex')}`);
    await (0,promises_.mkdir)(folder, { mode: 0o700 });
    try {
        return await work(folder);
    }
    finally {
        await (0,promises_.rm)(folder, { recursive: true, force: true });
    }
}
function nothingToCarry({ skipped }) {
    return skipped.length === 0 ? 'the Dockerfile has none' : `${skipped.join(', ')} begins with the content of a stage, which is not kept`;
}
function count({ stages }) {
    const number = stages.reduce((sum, { mounts }) => sum + mounts.length, 0);
    return number === 1 ? '1 mount' : `${number} mounts`;
}
function values(command, name) {
    return command.filter((_, at) => command[at - 1] === name);
}
function lastError(stderr) {
    const lines = stderr.trim().split('\n');
    return (lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines.at(-1) ?? '').replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?/, '');
}


/***/ })

};
