/** One run of redis-server. */
import { requireProgram } from './programs.mjs'
import { Running } from './run.mjs'

const READY = /Ready to accept connections|Sentinel ID is/
const TAKEN = /Address already in use/

export class RedisProcess extends Running {
  /**
   * @param {string} folder where it runs, with its redis.conf
   * @param {readonly string[]} args
   */
  constructor(folder, args) {
    super(requireProgram('redis-server'), ['redis.conf', ...args], { cwd: folder })
  }

  /** @returns {Promise<boolean>} true once it answers, false if its port was taken */
  async ready() {
    try {
      await this.printed(READY, 60)
      return true
    } catch (error) {
      if (TAKEN.test(this.output)) return false
      throw error
    }
  }
}
