/** The types of programs.mjs, for specs. */
export function findProgram(program: string): string | undefined
export function ensureProgram(program: string, debianPackage: string): string
