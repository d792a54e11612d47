/** Renders the page's content, once for everybody who looks at it. */
import { Backlog, type News } from './backlog.js'
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

/** What a page that has just opened is told first. */
export interface Beginning {
  readonly text: string
  /** The id of the newest circuit that it has. */
  readonly newest: number
  /** What has changed in the meantime. */
  readonly missed: News | undefined
}

type Make = (content: Content) => string

interface Rendered {
  readonly content: Content
  /** The id of the newest circuit in it. */
  readonly newest: number
  /** What has changed since. */
  readonly since: Backlog
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
    this.#rendered = new Reused(() => this.#render(), count)
    this.#json = new Reused(() => toJson(watch), count)
  }

  /** @param tracked the circuit that changed; undefined if the storage did */
  change(tracked: Tracked | undefined): void {
    this.#json.outdate()
    this.#rendered.outdate()?.since.change(tracked)
  }

  remove({ id }: Tracked): void {
    this.#json.outdate()
    this.#rendered.outdate()?.since.remove(id)
  }

  /** All that there is, of a moment ago. */
  json(): string {
    // It has times and rates, which change without an event.
    this.#json.outdate()
    return this.#json.recent()
  }

  /** Returns what the function makes of the content of a moment ago. Calls it once for each content. */
  render(make: Make): string {
    return derived(this.#rendered.recent(), make)
  }

  /** Returns the same for a page that is told of changes, and those that came since. */
  beginning(make: Make): Beginning {
    const rendered = this.#rendered.recent()
    const { newest, since } = rendered
    return { text: derived(rendered, make), newest, missed: since.isEmpty ? undefined : since.all }
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

  #render(): Rendered {
    const { circuits, newest } = this.#watch
    const rows = circuits.map((tracked) => this.row(tracked))
    const content = { ...this.head(), rows, token: this.#token }
    return { content, newest, since: new Backlog(), derived: new Map() }
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
