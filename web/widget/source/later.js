/** What the first paint does not need, in one file: built as `later.js`. */
export { prepare } from './offline/index.js';
export { Tools } from './tools.js';
