/** The options of the status page, with their defaults and the reasons for them. */
import { groupField } from '../internal/group.js'
import {
  countField,
  field,
  functionField,
  parse,
  secondsField,
  withDefaults,
  type Shape,
} from '../internal/validation.js'
import type { Authorize } from './actions/authorization.js'

export interface StatusPageOptions {
  /** The page's heading. Default `Circuits`. If several processes answer, name the process. */
  readonly title?: string | undefined
  /**
   * Seconds between keep-alives on an open page; above 0. Default 15: proxies commonly close an idle
   * connection after 30 to 60. If data waits for a page, and it reads none for two heartbeats, it is disconnected.
   */
  readonly heartbeat?: number | undefined
  /**
   * How many pages may be open at once; a whole number from 1. Default 256: each holds a connection.
   * One more shows its first content. Its stream of events gets a 503, and it tries again.
   */
  readonly maxStreams?: number | undefined
  /**
   * Lets those whom you authorise force circuits from the page, and release them. Left out: the page changes
   * nothing.
   */
  readonly actions?: StatusPageActions | undefined
}

export interface StatusPageActions {
  /**
   * Decides about each action, by the request that asks for it: by its session, its certificate or a header of
   * your proxy. Return true, or `{ by }` with the name of the person, at most 200 characters, which errors,
   * events and the page then show. Anything else refuses the action, and so do an error and 10 seconds without
   * an answer. Do not read the request's body.
   */
  readonly authorize: Authorize
}

export type ResolvedOptions = Required<Pick<Values, 'title' | 'heartbeat' | 'maxStreams'>> &
  Pick<StatusPageOptions, 'actions'>

type Values = { readonly [Key in keyof StatusPageOptions]: NonNullable<StatusPageOptions[Key]> }

const DEFAULTS = { title: 'Circuits', heartbeat: 15, maxStreams: 256 }

/** @throws ConfigError */
export function resolveOptions(options: unknown): ResolvedOptions {
  return withDefaults(DEFAULTS, parse(shape(), options, 'options of the status page'))
}

function shape() {
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
  return {
    title: field<string>('a non-empty string', isText),
    heartbeat: secondsField(),
    maxStreams: countField(),
    actions: groupField<StatusPageActions>(
      { authorize: functionField<Authorize>() },
      { complete: (given) => given, conflict: () => false },
    ),
  } satisfies Shape<StatusPageOptions>
}
