/** The part of opossum that the benchmark uses. The package has no types of its own. */
declare module 'opossum' {
  interface Options {
    readonly volumeThreshold?: number
    readonly errorThresholdPercentage?: number
    readonly resetTimeout?: number
    readonly timeout?: number
  }

  export default class Opossum<Args extends unknown[], Result> {
    constructor(action: (...args: Args) => Promise<Result>, options?: Options)
    fire(...args: Args): Promise<Result>
    shutdown(): void
  }
}
