/** Renders the button that opens the dialog for a circuit. */
import { canForce } from '../../observe/observed.js'
import { markup, visible, type Html } from '../html.js'
import type { Tracked } from '../tracked.js'

const NAME_LENGTH = 120

/** The page's script shows the button, since it does nothing without it. */
export function actionsOf({ id, circuit }: Tracked): Html {
  const { name, forced } = circuit
  if (!canForce(circuit)) {
    return markup`<span class="none">needs a newer version of axios-breaker</span>`
  }
  const what = forced ? 'Change' : 'Force'
  return markup`<button type="button" data-circuit="${id}" data-forced="${forced?.state ?? ''}" aria-label="${what} ${visible(name, NAME_LENGTH)}">${what}…</button>`
}
