export { statusPage } from './status-page.js'
export type { StatusPage } from './status-page.js'
export type { Authorization } from './actions/authorization.js'
export type { StatusPageActions, StatusPageOptions } from './options.js'
