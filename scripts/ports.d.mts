/** The types of ports.mjs, for specs. */
export function freePort(): Promise<number>
