/** The processes of a fleet. Each command waits for the answers of all of them. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * @import { Settings } from './guards.mjs'
 * @import { Commands } from './process.mjs'
 */
/**
 * @template {keyof Commands} Name
 * @typedef {Awaited<ReturnType<Commands[Name]>>} Result of a command
 */

export class Processes {
  #members
  #circuits = 0

  /** @param {readonly Member[]} members */
  constructor(members) {
    this.#members = members
  }

  /** @param {number} size */
  static async start(size) {
    const members = Array.from({ length: size }, () => new Member())
    await Promise.all(members.map((member) => member.answer()))
    return new Processes(members)
  }

  get size() {
    return this.#members.length
  }

  /**
   * Makes a circuit in each process that none of them has seen before.
   *
   * @param {string} variant
   * @param {Omit<Settings, 'name'> & { origin: string }} settings
   */
  async guardBy(variant, settings) {
    this.#circuits += 1
    await this.all('guardBy', variant, { ...settings, name: `circuit-${this.#circuits}` })
  }

  /**
   * @template {keyof Commands} Name
   * @param {Name} command
   * @param {Parameters<Commands[Name]>} args
   * @returns {Promise<Result<Name>[]>}
   */
  all(command, ...args) {
    return Promise.all(this.#members.map((member) => member.ask(command, args)))
  }

  /**
   * @template {keyof Commands} Name
   * @param {number} index
   * @param {Name} command
   * @param {Parameters<Commands[Name]>} args
   * @returns {Promise<Result<Name>>}
   */
  one(index, command, ...args) {
    return this.#members[index].ask(command, args)
  }

  async stop() {
    await this.all('end')
    for (const member of this.#members) member.end()
  }
}

class Member {
  #child = fork(new URL('process.mjs', import.meta.url))
  #death = once(this.#child, 'exit').then(() => [{ error: 'it ended early' }])

  /**
   * @param {keyof Commands} command
   * @param {unknown[]} args
   */
  ask(command, args) {
    this.#child.send({ command, args })
    return this.answer()
  }

  async answer() {
    const [{ result, error }] = await Promise.race([once(this.#child, 'message'), this.#death])
    if (error !== undefined) throw new Error(`A process of the fleet failed: ${error}`)
    return result
  }

  end() {
    this.#child.disconnect()
  }
}
