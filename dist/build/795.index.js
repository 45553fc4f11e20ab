export const id = 795;
export const ids = [795];
export const modules = {

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
