export const id = 196;
export const ids = [196];
export const modules = {

/***/ 3196:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   restore: () => (/* binding */ restore),
/* harmony export */   save: () => (/* binding */ save)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _actions_cache__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1691);
/* harmony import */ var _runner_env_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3200);



// This file is loaded only where the runner's cache is used: the package is larger than all the rest of the action.
/** Keys are never written twice, so each content has its own; the newest that begins so is what is wanted. */
const prefix = (scope) => `manifold-mounts-${scope}-`;
/** Fetches the newest saved contents into a folder. @returns whether there were any */
async function restore(folder, scope) {
    return (await beside(folder, (name) => (0,_actions_cache__WEBPACK_IMPORTED_MODULE_1__/* .restoreCache */ .P3)([name], `${prefix(scope)}newest`, [prefix(scope)]))) !== undefined;
}
/** Saves a folder; the same content a second time is left out. */
async function save(folder, scope, digest) {
    await beside(folder, (name) => (0,_actions_cache__WEBPACK_IMPORTED_MODULE_1__/* .saveCache */ .Io)([name], `${prefix(scope)}${digest.replace(/^sha256:/, '').slice(0, 16)}`));
}
/**
 * The text of a path is part of what an entry is known by, and temporary folders have another one in each run: so the folder
 * is called by its name alone, from the folder that it lies in.
 * https://github.com/actions/toolkit/blob/main/packages/cache/src/internal/cacheUtils.ts
 */
async function beside(folder, work) {
    return await (0,_runner_env_js__WEBPACK_IMPORTED_MODULE_2__/* .asWorkspace */ .w2)((0,node_path__WEBPACK_IMPORTED_MODULE_0__.dirname)(folder), () => work((0,node_path__WEBPACK_IMPORTED_MODULE_0__.basename)(folder)));
}


/***/ })

};
