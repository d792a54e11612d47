/** Reads server-sent events, and insists on their exact form. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

export interface Message {
  readonly event: string
  readonly data: {
    readonly title: string
    readonly summary: string
    readonly storage: string
    readonly rows: readonly (readonly [id: string, html: string])[]
    readonly gone?: readonly string[]
  }
}

export class EventStream {
  readonly response: IncomingMessage
  readonly messages: Message[] = []
  heartbeats = 0
  hasEnded = false
  /** The parts of the block that is not complete. */
  #parts: string[] = []

  private constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (part: string) => this.#read(part))
    response.on('error', () => undefined)
    response.on('close', () => (this.hasEnded = true))
  }

  static async open(url: string): Promise<EventStream> {
    const request = get(`${url}?format=events`, { agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return EventStream.of(response)
  }

  /** @param response that nobody has read from yet */
  static of(response: IncomingMessage): EventStream {
    return new EventStream(response)
  }

  get last(): Message | undefined {
    return this.messages.at(-1)
  }

  close(): void {
    this.response.destroy()
  }

  #read(part: string): void {
    const seam = this.#parts.at(-1)?.at(-1) ?? ''
    this.#parts.push(part)
    // A message may be of megabytes, and come in a hundred parts.
    if (!`${seam}${part}`.includes('\n\n')) return
    const blocks = this.#parts.join('').split('\n\n')
    this.#parts = [blocks.pop() ?? '']
    for (const block of blocks) this.#take(block)
  }

  #take(block: string): void {
    if (block === ':') this.heartbeats += 1
    else if (!/^retry: \d+$/.test(block)) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.+)$/.exec(block) ?? []
      if (!event) throw new Error(`Unexpected block in the event stream: ${block.slice(0, 200)}`)
      this.messages.push({ event, data: JSON.parse(data) })
    }
  }
}
