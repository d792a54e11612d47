/** The processes of a fleet. Each command waits for the answers of all of them. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

export class Processes {
  #members
  #circuits = 0

  constructor(members) {
    this.#members = members
  }

  static async start(size) {
    const members = Array.from({ length: size }, () => new Member())
    await Promise.all(members.map((member) => member.answer()))
    return new Processes(members)
  }

  get size() {
    return this.#members.length
  }

  /** Makes a circuit in each process that none of them has seen before. */
  async guardBy(variant, settings) {
    this.#circuits += 1
    await this.all('guardBy', variant, { ...settings, name: `circuit-${this.#circuits}` })
  }

  all(command, ...args) {
    return Promise.all(this.#members.map((member) => member.ask(command, args)))
  }

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
