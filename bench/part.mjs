/** Runs one part in this process, and sends its result to the parent process. */
import { closed, concurrent } from './closed.mjs'
import { failureCost } from './failure-cost.mjs'
import { fleet } from './fleet/fleet.mjs'
import { refused, refusing } from './refused.mjs'
import { scrape } from './scrape.mjs'
import { server } from './server.mjs'

/** @import { Extent } from './main.mjs' */

const PARTS = { closed, concurrent, failureCost, fleet, refused, refusing, scrape, server }
/** @typedef {typeof PARTS} Parts */

/** @type {Record<string, (extent: Extent) => Promise<unknown>>} */
const byName = PARTS
const [name, extent] = process.argv.slice(2)
process.send?.(await byName[name](JSON.parse(extent)))
