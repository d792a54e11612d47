/** Flags that make a Node use the copy of axios that AXIOS names, as the specs themselves do. */
export function axiosCopy(): string[] {
  const { AXIOS } = process.env
  if (!AXIOS) return []
  const hook = `export const resolve = (name, context, next) => next(name === 'axios' ? '${AXIOS}' : name, context)`
  const start = `import { register } from 'node:module'
register(${JSON.stringify(inUrl(hook))})`
  return ['--import', inUrl(start)]
}

const inUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`
