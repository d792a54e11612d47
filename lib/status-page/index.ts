export { statusPage } from './status-page.js'
export type { StatusPage } from './status-page.js'
export type { StatusPageOptions } from './options.js'
