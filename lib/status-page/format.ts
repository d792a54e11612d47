/** Finds out in which format a request wants the page. */
import type { IncomingMessage } from 'node:http'

export const FORMATS = ['html', 'json', 'events'] as const
export type Format = (typeof FORMATS)[number]

/** The `format` of the query decides, or else the header Accept. Undefined for an unknown format. */
export function formatOf({ url = '', headers }: IncomingMessage): Format | undefined {
  const start = url.indexOf('?')
  const given = start < 0 ? null : new URLSearchParams(url.slice(start)).get('format')
  if (given !== null) return FORMATS.find((format) => format === given)
  return preferred(headers.accept ?? '')
}

/** HTML, unless the header names another format and prefers it to HTML. */
function preferred(accept: string): Format {
  const weight = (type: string): number => weightOf(accept, type)
  const others = [
    ['events', weight('text/event-stream')],
    ['json', weight('application/json')],
  ] as const
  return others.find(([, other]) => other > weight('text/html'))?.[0] ?? 'html'
}

function weightOf(accept: string, type: string): number {
  const ranges = accept.toLowerCase().split(',')
  const range = ranges.find((other) => other.split(';')[0]?.trim() === type)
  if (range === undefined) return 0
  const [, quality = '1'] = /;\s*q=([\d.]+)/.exec(range) ?? []
  return Number(quality) || 0
}
