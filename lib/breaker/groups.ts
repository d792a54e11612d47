/** The name functions of a breaker, and the circuits that they lead to. */
import { Attachment } from '../axios/attachment.js'
import { checkInstance, type Attachable } from '../axios/instance.js'
import type { NameOf } from '../axios/name-of.js'
import type { Circuits } from './circuits.js'
import { Group } from './group.js'
import type { GroupSettings } from './group-options.js'
import { isHeld } from './holder.js'

interface Attached {
  readonly attachment: Attachment<Group, GroupSettings['options']>
  readonly settings: GroupSettings
}

export class Groups {
  readonly #circuits: Circuits
  readonly #now: () => number
  /** Weak, as the function may belong to one request. */
  readonly #attached = new WeakMap<NameOf, Attached>()

  constructor(circuits: Circuits, now: () => number) {
    this.#circuits = circuits
    this.#now = now
  }

  /**
   * @param resolve returns the settings, and gets those that the function already has
   * @throws ConfigError
   */
  attach(
    instance: Attachable,
    nameOf: NameOf,
    resolve: (known: GroupSettings | undefined) => GroupSettings,
  ): Group {
    checkInstance(instance)
    const known = this.#attached.get(nameOf)
    const settings = resolve(known?.settings)
    const isAttached = isHeld(instance, this.#circuits, known?.attachment, 'a name function')
    const attachment = known?.attachment ?? this.#create(nameOf, settings)
    if (!isAttached) attachment.add(instance, settings.options)
    this.#attached.set(nameOf, { attachment, settings })
    return attachment.route
  }

  #create(nameOf: NameOf, { options, limits }: GroupSettings): Attached['attachment'] {
    const group: Group = new Group({
      nameOf,
      options,
      roster: this.#circuits.rosters.of(nameOf, limits),
      circuits: this.#circuits,
      now: this.#now,
      onDetach: () => {
        this.#attached.delete(nameOf)
        attachment.clear()
      },
    })
    const attachment = new Attachment(this.#circuits, group, options)
    return attachment
  }
}
