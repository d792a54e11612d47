/** The types of programs.mjs, for specs. */

/** Where a variable like CHROMIUM or REDIS_SERVER says, else on the PATH; undefined if nowhere. */
export function findProgram(program: string): string | undefined

/** As `findProgram`, installed first where it is missing. @throws Error where it cannot be had */
export function ensureProgram(program: string, debianPackage: string): string
