/** An example as a process, with all that it starts. */
import { join } from 'node:path'
import { Running } from '../../scripts/run.mjs'

export const root = join(__dirname, '../..')

/** One run, in a process group of its own: what is left of the group is what the program left behind. */
export class Program extends Running {
  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(process.execPath, command, { cwd: root, env, isGroup: true })
  }
}
