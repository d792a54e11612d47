/** The types of redis-server.mjs, for specs. */
export interface RedisOptions {
  /** A free one if left out. */
  port?: number
  /** Further lines of redis.conf. */
  config?: readonly string[]
  /** With TLS only, under a private authority. */
  tls?: boolean
  /** Further arguments of redis-server. */
  args?: readonly string[]
}

export class RedisServer {
  static start(options?: RedisOptions): Promise<RedisServer>
  private constructor()
  readonly port: number
  /** redis://127.0.0.1:port, or rediss: with TLS. */
  readonly url: string
  /** The certificate of the private authority, which clients must be told to trust. */
  readonly ca: string | undefined
  readonly pid: number | undefined
  /** Also true while it is frozen. */
  readonly isRunning: boolean
  readonly isAnswering: boolean
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
  command<Reply = unknown>(...args: (string | number)[]): Promise<Reply>
  commandCounts(): Promise<Record<string, number>>
}
