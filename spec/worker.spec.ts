/** The workers of the example get through an outage. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Program, root } from './support/program.js'

beforeAll(() => {
  if (!existsSync(join(root, 'dist/esm/index.js'))) {
    throw new Error('The example needs dist: run `npm run build` first')
  }
})

it('does all jobs, with hardly a refusal', async () => {
  const program = new Program(['examples/worker/main.mjs'])
  const { code } = await program.end()
  expect({ code, stderr: program.stderr }).toEqual({ code: 0, stderr: '' })
  expect(program.stdout).toContain('closed → opened\n')
  expect(program.stdout).toMatch(/half-opened → closed\n/)
  const summary =
    /20 of 20 jobs are done, 0 are left: (\d+) failures, (\d+) refusals, (\d+) requests/
  const [failures = 0, refusals = 0, requests = 0] = (summary.exec(program.stdout) ?? [])
    .slice(1)
    .map(Number)
  expect(failures).toBeGreaterThanOrEqual(5)
  // Each of the four workers may be between two attempts as it opens, and one after each failed probe.
  const failedProbes = program.stdout.split('half-opened → opened').length - 1
  expect(refusals).toBeLessThanOrEqual(4 + failedProbes)
  expect(requests).toBeGreaterThanOrEqual(20 + failures)
}, 30_000)

it('stops while it waits, when it gets the signal', async () => {
  const program = new Program(['examples/worker/main.mjs'])
  await program.printed('closed → opened', 20)
  program.signal('SIGTERM')
  const { code } = await program.end()
  expect(code).toBe(0)
  expect(program.stdout).toMatch(/\d+ of 20 jobs are done, [1-9]\d* are left/)
}, 30_000)
