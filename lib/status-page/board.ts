/** Renders the page's content, once for everybody who looks at it. */
import type { Html } from './html.js'
import { row } from './row.js'
import { storage, summary, title } from './summary.js'
import type { Tracked } from './tracked.js'
import type { Watch } from './watch.js'

export interface Head {
  readonly title: string
  readonly summary: string
  readonly storage: string
}

/** What the page as a whole has besides. */
export interface Whole {
  /** Sent with actions; undefined if there are none. */
  readonly token: string | undefined
}

export type Row = readonly [id: string, html: string]

export interface Content extends Head, Whole {
  readonly rows: readonly Row[]
}

/** Seconds for which rendered content is reused, unless something changes. */
const FRESH = 0.25
const MS_PER_SECOND = 1000

export class Board {
  readonly #watch: Watch
  readonly #title: string
  readonly #token: string | undefined
  #content: Content | undefined
  #renderedAt = 0
  #derived = new Map<unknown, string>()

  /** @param token of the page's actions; undefined if it is read-only */
  constructor(watch: Watch, text: string, token: string | undefined) {
    this.#watch = watch
    this.#title = text
    this.#token = token
  }

  /** Discards the rendered content, since something changed. */
  invalidate(): void {
    this.#content = undefined
  }

  /** Returns what the function makes of the content, and calls it once for each content. */
  render(make: (content: Content) => string): string {
    const content = this.#fresh()
    const made = this.#derived.get(make) ?? make(content)
    this.#derived.set(make, made)
    return made
  }

  /** The id of the newest circuit. */
  get newest(): number {
    return this.#watch.newest
  }

  head(): Head {
    const { circuits } = this.#watch
    return {
      title: title(circuits, this.#title),
      summary: summary(circuits).text,
      storage: storage(this.#watch.storage).text,
    }
  }

  row(tracked: Tracked): Row {
    const rendered: Html = row(tracked, this.#token !== undefined)
    return [rowId(tracked.id), rendered.text]
  }

  #fresh(): Content {
    const now = performance.now()
    if (this.#content && now - this.#renderedAt < FRESH * MS_PER_SECOND) return this.#content
    const rows = this.#watch.circuits.map((tracked) => this.row(tracked))
    const content = { ...this.head(), rows, token: this.#token }
    this.#content = content
    this.#renderedAt = now
    this.#derived = new Map()
    return content
  }
}

export function rowId(id: number): string {
  return `circuit-${id}`
}
