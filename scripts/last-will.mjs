/** Cleans up after this process if it ends without having cleaned up, for whatever reason. */
import { spawn } from 'node:child_process'

/**
 * A second process. Its input closes when this one ends; until then each line holds a process id, or nothing.
 */
const EXECUTOR = `trap '' INT TERM HUP
while read -r line; do pid=$line; done
[ -z "$pid" ] || kill -9 "$pid"
rm -rf "$1"`

/** Ends a process and removes a folder after this process has ended. */
export class LastWill {
  #executor

  /** @param {string} folder */
  constructor(folder) {
    this.#executor = spawn('/bin/sh', ['-c', EXECUTOR, 'sh', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#executor.stdin.on('error', () => undefined)
    // A pipe to a process is a socket, although its type does not say so.
    const input = /** @type {import('node:net').Socket} */ (this.#executor.stdin)
    input.unref()
    this.#executor.unref()
  }

  /** @param {number | undefined} pid */
  end(pid) {
    this.#executor.stdin.write(`${pid ?? ''}\n`)
  }

  revoke() {
    this.#executor.kill('SIGKILL')
  }
}
