/** Prints one plain line for each check, and at the end how many passed. */
export class Checks {
  #passed = 0
  #failed = 0

  /**
   * Runs a check, which fails by throwing. If it returns a text, that is shown after its name.
   *
   * @param {string} name
   * @param {() => unknown} job
   */
  async check(name, job) {
    try {
      const detail = await job()
      this.#passed += 1
      console.log(typeof detail === 'string' && detail ? `ok  ${name}: ${detail}` : `ok  ${name}`)
    } catch (error) {
      this.#failed += 1
      console.log(`not ok ${name}\n${indent(error instanceof Error ? error.message : error)}`)
    }
  }

  /** Prints the last line, and sets the exit code. */
  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`)
    process.exitCode = this.#failed > 0 ? 1 : 0
  }
}

/** @param {unknown} text */
const indent = (text) => String(text).replaceAll(/^/gm, '    ')
