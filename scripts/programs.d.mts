/** The types of programs.mjs, for specs. */

/** The path that a variable like CHROMIUM or REDIS_SERVER names, else the one on the PATH. */
export function findProgram(program: string): string | undefined

/** As `findProgram`. @throws Error if there is none: says how to get it */
export function requireProgram(program: string, debianPackage?: string): string
