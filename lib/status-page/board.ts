/** Renders the page's content, once for everybody who looks at it. */
import type { Html } from './html.js'
import { toJson } from './json.js'
import { Reused } from './reused.js'
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

type Make = (content: Content) => string

interface Rendered {
  readonly content: Content
  /** What was made of the content. */
  readonly derived: Map<Make, string>
}

export class Board {
  readonly #watch: Watch
  readonly #title: string
  readonly #token: string | undefined
  readonly #rendered: Reused<Rendered>
  readonly #json: Reused<string>

  /** @param token of the page's actions; undefined if it is read-only */
  constructor(watch: Watch, text: string, token: string | undefined) {
    this.#watch = watch
    this.#title = text
    this.#token = token
    const count = (): number => watch.circuits.length
    this.#rendered = new Reused(() => ({ content: this.#content(), derived: new Map() }), count)
    this.#json = new Reused(() => toJson(watch), count)
  }

  outdate(): void {
    this.#rendered.outdate()
    this.#json.outdate()
  }

  /** All that there is, of a moment ago. */
  json(): string {
    // It has times and rates, which change without an event.
    this.#json.outdate()
    return this.#json.recent()
  }

  /** Returns what the function makes of the content as it is now. Calls it once for each content. */
  render(make: Make): string {
    return derived(this.#rendered.latest(), make)
  }

  /** Does the same with the content of a moment ago. */
  renderRecent(make: Make): string {
    return derived(this.#rendered.recent(), make)
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

  #content(): Content {
    const rows = this.#watch.circuits.map((tracked) => this.row(tracked))
    return { ...this.head(), rows, token: this.#token }
  }
}

function derived({ content, derived: known }: Rendered, make: Make): string {
  const made = known.get(make) ?? make(content)
  known.set(make, made)
  return made
}

export function rowId(id: number): string {
  return `circuit-${id}`
}
