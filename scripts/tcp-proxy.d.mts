/** The types of tcp-proxy.mjs, for specs. */
export class TcpProxy {
  static start(targetPort: number): Promise<TcpProxy>
  private constructor()
  /** Milliseconds that a round trip takes longer. */
  delay: number
  /** Of the server that new connections lead to. */
  targetPort: number
  readonly port: number
  readonly connections: number
  accept(): Promise<void>
  refuse(): void
  cut(): void
  pause(): void
  /** Loses whatever the open connections send, or those with these ports at the server. */
  silence(ports?: readonly number[]): void
  resume(): void
  stop(): void
}
