/** The types of server-wrapper.mjs, for specs. */

/** A shell script that becomes a program, run with the libraries of its own release. */
export function wrapper(loader: string, libraries: readonly string[], program: string): string
