/** Runs an example as a process, with all processes that it starts. */
import { join } from 'node:path'
import { Running } from '../../scripts/run.mjs'

export const root = join(__dirname, '../..')

/** One run in a process group of its own, so that a spec sees the processes that the program left behind. */
export class Program extends Running {
  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(process.execPath, command, { cwd: root, env, isGroup: true })
  }
}
