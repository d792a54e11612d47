/** What `watch` prints: lines for people, or JSON for scripts. */
import { colourOf } from './colours.js'
import { spanText } from './duration.js'
import { paint, print, printJson } from './output.js'
import { documentOf, forcedText, inOrder, stateOf, whyText, type Row } from './rows.js'
import { shown } from './text.js'

export interface Reports {
  /** What there is at the start. @param page the lines of the table */
  began(rows: readonly Row[], page: readonly string[]): void
  changed(row: Row): void
  lost(reason: string): void
  /** @param lostFor seconds */
  restored(lostFor: number): void
}

export const textReports: Reports = {
  began(_rows, page) {
    for (const line of page) print(line)
    print('')
    print(paint()('Watching. Each change is printed as it happens, until Ctrl-C.', 'dim'))
  },
  changed(row) {
    const { circuit, ownState, forced, snapshot } = row
    const state = stateOf(row)
    const count = ownState === 'closed' ? (snapshot?.failureCount ?? 0) : 0
    const failures = count > 0 && `${count} ${count === 1 ? 'failure' : 'failures'}`
    const notes = [failures, whyText(row), forced && `forced ${forcedText(forced)}`]
    const said = notes.filter(Boolean).join('; ')
    const what = `${paint()(state, colourOf(state))}${said === '' ? '' : `; ${said}`}`
    printTimed(`${shown(circuit)}: ${what}`)
  },
  lost: (reason) => printTimed(`Redis cannot be used: ${shown(reason)}`),
  restored: (lostFor) => printTimed(`Redis can be used again, after ${spanText(lostFor)}`),
}

export const jsonReports: Reports = {
  began(rows) {
    for (const row of inOrder(rows)) jsonReports.changed(row)
    printEvent('watching', {})
  },
  changed: (row) => printEvent('circuit', documentOf(row)),
  lost: (reason) => printEvent('storageLost', { reason }),
  restored: (lostFor) => printEvent('storageRestored', { lostFor }),
}

function printTimed(line: string): void {
  print(`${paint()(new Date().toTimeString().slice(0, 8), 'dim')}  ${line}`)
}

function printEvent(event: string, fields: object): void {
  printJson({ time: new Date().toISOString(), event, ...fields })
}
