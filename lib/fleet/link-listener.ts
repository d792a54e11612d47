/** What the link makes of the reports of its connection. */
import type { ConnectionListener } from '../storage/contract.js'
import type { LinkEvents } from './link-options.js'

export interface LinkListenerOptions extends Pick<ConnectionListener, 'resumed' | 'lost'> {
  readonly on: LinkEvents
  /** Reads the circuits that a message has made due. */
  readonly catchUp: () => void
}

export function linkListener({ on, catchUp, resumed, lost }: LinkListenerOptions) {
  return {
    pushed: (name, snapshot, process) => {
      on.pushed(name, snapshot, process)
      catchUp()
    },
    hinted: (name) => {
      on.hinted(name)
      catchUp()
    },
    forcesChanged: on.forcesChanged,
    resumed,
    lost,
  } satisfies ConnectionListener
}
