import type { InternalAxiosRequestConfig } from 'axios'
import { brand } from '../internal/brand.js'
import type { Forced } from '../circuit/force.js'
import type { FailureReason, Refusal } from '../circuit/types.js'
import { printable, quote } from '../internal/quote.js'
import { BaseError } from './axios.js'
import { withoutRetries } from './final.js'

/**
 * The request never left the process. Interceptors can read `config`, but it is not enumerable, so that no
 * log shows a header, a parameter or a body.
 */
export class UnsentError extends BaseError {
  /** The circuit's name. */
  readonly circuit: string

  /** The refused config, until somebody reads `config`: few callers do, and the copy is expensive. */
  #sent: InternalAxiosRequestConfig | undefined
  #config: InternalAxiosRequestConfig | undefined

  constructor(
    circuit: string,
    [name, code, message]: readonly [name: string, code: string, message: string],
    config?: InternalAxiosRequestConfig,
  ) {
    const limit = traces.stackTraceLimit
    limitStack(0)
    super(message, code)
    limitStack(limit)
    this.name = name
    // Set again, because a mock of axios may have ignored it.
    this.code = code
    this.stack = `${name}: ${message}`
    this.circuit = circuit
    this.#sent = config
  }

  // axios declares these as properties, so members would not compile, and fields would be enumerable. An
  // accessor on the prototype costs less than hiding a property in each refusal.
  protected static readonly hidden: object = Object.defineProperties(this.prototype, {
    config: {
      get(this: UnsentError) {
        if (!(#config in this)) return undefined
        if (this.#sent) this.config = withoutRetries(this.#sent)
        return this.#config
      },
      set(this: UnsentError, config: InternalAxiosRequestConfig | undefined) {
        this.#sent = undefined
        this.#config = config
      },
    },
    toJSON: {
      writable: true,
      value(this: OpenedStateError) {
        const { name, message, code, circuit, state, retryAfter, lastFailure, forced } = this
        return { name, message, code, circuit, state, retryAfter, lastFailure, forced }
      },
    },
  })
}

brand(UnsentError, 'UnsentError')

/** The circuit refused the request: it is opened, or half-opened with a probe in flight. */
export class OpenedStateError extends UnsentError {
  static readonly ERR_CIRCUIT_OPENED = 'ERR_CIRCUIT_OPENED'

  readonly state: 'opened' | 'half-opened'
  /**
   * Seconds until a new attempt is allowed, in whole milliseconds. It is 0 while half-opened, because the
   * running probe decides.
   */
  readonly retryAfter: number
  /** The last failure that counted, as far as this process knows, without its request or answer. */
  readonly lastFailure?: FailureReason
  /** Set if an operator has forced the circuit open: who and why, and in how many seconds it ends. */
  declare readonly forced?: Forced

  constructor(
    circuit: string,
    refusal: Pick<Refusal, 'state' | 'retryAfter' | 'lastFailure' | 'forced'>,
    config?: InternalAxiosRequestConfig,
  ) {
    const { state, retryAfter, lastFailure, forced } = refusal
    const message = forced ? describeForced(circuit, forced) : describe(circuit, state, retryAfter)
    super(circuit, ['OpenedStateError', OpenedStateError.ERR_CIRCUIT_OPENED, message], config)
    this.state = state
    this.retryAfter = retryAfter
    if (lastFailure) this.lastFailure = lastFailure
    if (forced) this.forced = forced
  }
}

brand(OpenedStateError, 'OpenedStateError')

/** The request was sent before `breaker.init()`, which a breaker with a storage needs. */
export class NotInitializedError extends UnsentError {
  static readonly ERR_NOT_INITIALIZED = 'ERR_NOT_INITIALIZED'

  constructor(circuit: string, config?: InternalAxiosRequestConfig) {
    const message = `Call breaker.init() before sending requests (circuit ${quote(circuit)} uses a storage)`
    super(
      circuit,
      ['NotInitializedError', NotInitializedError.ERR_NOT_INITIALIZED, message],
      config,
    )
  }
}

brand(NotInitializedError, 'NotInitializedError')

function describe(circuit: string, state: string, retryAfter: number): string {
  const advice = state === 'opened' ? `retry in ${secondsOf(retryAfter)}` : 'a probe is under way'
  return `Circuit ${quote(circuit)} is ${state}: ${advice}`
}

function describeForced(circuit: string, { by, reason, endsIn }: Forced): string {
  const who = by ? ` by ${printable(by)}` : ''
  const why = reason ? `: ${printable(reason)}` : ''
  const end = endsIn === undefined ? '' : ` (ends in ${secondsOf(endsIn)})`
  return `Circuit ${quote(circuit)} is forced open${who}${why}${end}`
}

function secondsOf(time: number): string {
  return `${Math.round(time * 10) / 10} s`
}

const traces = Error as { stackTraceLimit?: number | undefined }

/**
 * A stack costs more than the rest of a refusal, and would only show frames of this library. axios appends
 * the caller's.
 */
function limitStack(limit: number | undefined): void {
  try {
    traces.stackTraceLimit = limit
  } catch {
    // With frozen intrinsics, the refusal has a stack.
  }
}
