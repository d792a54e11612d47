/** Flags of a Node whose `axios` is the copy that AXIOS names, as it is for the specs themselves. */
export function axiosCopy(): string[] {
  const { AXIOS } = process.env
  if (!AXIOS) return []
  const hook = `export const resolve = (name, context, next) => next(name === 'axios' ? '${AXIOS}' : name, context)`
  const start = `import { register } from 'node:module'
register(${JSON.stringify(inUrl(hook))})`
  return ['--import', inUrl(start)]
}

const inUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`
