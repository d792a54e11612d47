import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs an ES module in a Node of its own, against the build, and gives what it printed. */
export async function runScript(
  script: string,
  { cwd = process.cwd(), args = [] as string[] } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script, ...args],
    { cwd, timeout: 20_000 },
  )
  return stdout
}
