/** The types of tcp-proxy.mjs, for specs. */
export class TcpProxy {
  static start(targetPort: number): Promise<TcpProxy>
  private constructor()
  /** Milliseconds that a round trip takes longer. */
  delay: number
  readonly port: number
  readonly connections: number
  accept(): Promise<void>
  refuse(): void
  cut(): void
  pause(): void
  resume(): void
  stop(): void
}
