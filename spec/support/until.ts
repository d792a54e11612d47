import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition; a spec that waits in vain says for what. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 10,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${seconds} s in vain until ${what}`)
    await sleep(2)
  }
}
