import type { InternalAxiosRequestConfig } from 'axios'
import { brand } from '../internal/brand.js'
import type { FailureReason, Refusal } from '../circuit/types.js'
import { quote } from '../internal/quote.js'
import { BaseError } from './axios.js'
import { withoutRetries } from './final.js'

/**
 * A request that never left the process. `config` is there for interceptors, but not enumerable, so
 * that no log line shows a header, a parameter or a body.
 */
export class UnsentError extends BaseError {
  /** The circuit's name. */
  readonly circuit: string

  /** What was refused, until somebody asks for the config: few callers do, and the copy costs. */
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
    // Again, as a mock in axios's place may have ignored it.
    this.code = code
    this.stack = `${name}: ${message}`
    this.circuit = circuit
    this.#sent = config
  }

  // axios declares these as properties: as members they would not compile, as fields they would be
  // enumerable. An accessor costs a refusal less than a property that is hidden each time.
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
        const { name, message, code, circuit, state, retryAfter, lastFailure } = this
        return { name, message, code, circuit, state, retryAfter, lastFailure }
      },
    },
  })
}

brand(UnsentError, 'UnsentError')

/** A request was refused: its circuit is opened, or half-opened and asks its question already. */
export class OpenedStateError extends UnsentError {
  static readonly ERR_CIRCUIT_OPENED = 'ERR_CIRCUIT_OPENED'

  readonly state: 'opened' | 'half-opened'
  /**
   * Seconds until a new attempt is allowed, in whole milliseconds; 0 while half-opened, where the
   * running probe decides.
   */
  readonly retryAfter: number
  /** Why: the last failure that counted, as far as this process knows. Nothing of its request or answer. */
  readonly lastFailure?: FailureReason

  constructor(
    circuit: string,
    refusal: Pick<Refusal, 'state' | 'retryAfter' | 'lastFailure'>,
    config?: InternalAxiosRequestConfig,
  ) {
    const { state, retryAfter, lastFailure } = refusal
    const message = describe(circuit, state, retryAfter)
    super(circuit, ['OpenedStateError', OpenedStateError.ERR_CIRCUIT_OPENED, message], config)
    this.state = state
    this.retryAfter = retryAfter
    if (lastFailure) this.lastFailure = lastFailure
  }
}

brand(OpenedStateError, 'OpenedStateError')

/** A request was made before the breaker's `init()`, which its storage needs. */
export class NotInitializedError extends UnsentError {
  static readonly ERR_NOT_INITIALIZED = 'ERR_NOT_INITIALIZED'

  constructor(circuit: string, config?: InternalAxiosRequestConfig) {
    const message = `Circuit ${quote(circuit)} is not connected: call breaker.init() first`
    super(
      circuit,
      ['NotInitializedError', NotInitializedError.ERR_NOT_INITIALIZED, message],
      config,
    )
  }
}

brand(NotInitializedError, 'NotInitializedError')

function describe(circuit: string, state: string, retryAfter: number): string {
  const advice =
    state === 'opened' ? `retry in ${Math.round(retryAfter * 10) / 10} s` : 'a probe is under way'
  return `Circuit ${quote(circuit)} is ${state}: ${advice}`
}

const traces = Error as { stackTraceLimit?: number | undefined }

/**
 * A stack costs more than the rest of a refusal together, and would show this library's frames
 * only; axios appends the caller's.
 */
function limitStack(limit: number | undefined): void {
  try {
    traces.stackTraceLimit = limit
  } catch {
    // Frozen intrinsics: the refusal has a stack then.
  }
}
