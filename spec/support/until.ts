import { setTimeout as sleep } from 'node:timers/promises'

/** The real clock, also where a spec has put another in its place. */
const now = performance.now.bind(performance)

/** Waits for a condition; a spec that waits in vain says for what. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 20,
): Promise<void> {
  const end = now() + seconds * 1000
  while (!(await condition())) {
    if (now() > end) throw new Error(`Waited ${seconds} s in vain until ${what}`)
    await sleep(2)
  }
}
