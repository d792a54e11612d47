/** Runs the demo as a newcomer does, and checks what it promises. It uses the built library. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KINDS, LIMIT, Run, Story } from './support/demo.js'
import { root } from './support/program.js'

// A busy machine takes seconds to start the processes alone.
jest.setTimeout(LIMIT * 2000)

beforeAll(() => {
  if (existsSync(join(root, 'dist/esm/index.js'))) return
  throw new Error(
    'The demo needs the built library, and dist is missing: run `npm run build` first',
  )
})

describe('the demo', () => {
  let run: Run
  let ending: { code: unknown; seconds: number }
  let story: Story<(typeof KINDS)[number]>

  beforeAll(async () => {
    run = new Run()
    ending = await run.end()
    story = new Story(run.stdout, KINDS)
  })

  afterAll(() => run.signal('SIGKILL'))

  it('ends well, by itself, in time', () => {
    expect(run.stderr).toBe('')
    expect(ending.code).toBe(0)
    expect(ending.seconds).toBeLessThan(LIMIT)
  })

  it('leaves no process behind', () => {
    expect(run.signal(0)).toBe(false)
  })

  it('fits a page, and sends no colours into a pipe', () => {
    const lines = run.stdout.split('\n')
    expect(lines.length).toBeLessThanOrEqual(92)
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(run.stdout).not.toContain('\u001B')
  })

  it('prints what happens in order', () => {
    expect(story.seconds.length).toBeGreaterThan(20)
    expect(story.seconds).toEqual(story.seconds.toSorted((a, b) => a - b))
  })

  it.each([
    ['users', 3],
    ['avatars', 5],
  ] as const)('opens the circuit of %s at failure %i', (kind, threshold) => {
    const cells = story.lane(kind)
    const opening = cells.findIndex((cell) => cell.startsWith('▸ closed → opened'))
    const last = `failure ${threshold} of ${threshold}`
    expect(cells.findIndex((cell) => cell.endsWith(last))).toBe(opening - 1)
    expect(cells[opening + 1]).toMatch(/^○ refused .*retry in \d\.\d/)
  })

  it('opens the circuit that has a failure rate by that rate, and leaves the other closed', () => {
    const opening = '▸ closed → opened for 2 s: 4 of 8'
    const users = story.lane('users')
    expect(users.filter((cell) => cell === opening)).toHaveLength(1)
    expect(users[users.indexOf(opening) - 1]).toMatch(/^● 200\/500 .* failed$/)
    expect(users[users.indexOf(opening) + 1]).toMatch(/^○ refused /)
    const openings = story.transitions('avatars').filter((move) => move === 'closed → opened')
    expect(openings).toHaveLength(1)
    expect(story.calls(/^● 200\/500/)).toBe(story.figures('while it answered and 500')[0])
    expect(run.stdout).toContain('✔ half of the requests failed: the failure rate opened users')
  })

  it.each(KINDS)('sees %s fail a probe, pass one, and recover', (kind) => {
    const transitions = story.transitions(kind)
    expect(transitions[0]).toBe('closed → opened')
    expect(transitions).toContain('half-opened → opened')
    expect(transitions.at(-1)).toBe('half-opened → closed')
    expect(story.lane(kind).at(-1)).toMatch(/^● 200/)
  })

  it.each(KINDS)('lets one caller through for each half-opening of %s', (kind) => {
    const cells = story.lane(kind)
    const received = (text: string) => cells.filter((cell) => cell.includes(text)).length
    expect(received('5 callers     1 probe, 4 refused')).toBeGreaterThanOrEqual(1)
    expect(received('opened → half-opened')).toBe(received('half-opened →'))
    expect(run.stdout).toContain('✔ each half-opening sent one request to the user service')
  })

  it('counts at the server what the timeline shows', () => {
    const probes = story.calls(/^◐ probe (passed|failed)/)
    expect(story.figures('while it hung  ')[0]).toBe(story.calls(/^◐ probe failed +timeout/))
    const [reached] = story.figures('altogether')
    expect(reached).toBe(story.calls(/^● /) + probes)
    const [refused] = story.figures('refused at once')
    expect(refused).toBe(story.calls(/^[○◐] refused/) + 4 * story.calls(/^◐ 5 callers/))
  })

  it('sums up what it counted', () => {
    const phases = [
      'while it answered  ',
      'while it answered 500',
      'while it hung  ',
      'while it answered and 500 in turn',
      'after it came back',
    ]
    const figures = phases.map((phase) => story.figures(phase))
    const [reached, bare] = story.figures('altogether')
    expect(figures.reduce((sum, [figure]) => sum + figure, 0)).toBe(reached)
    expect(figures.reduce((sum, [, figure]) => sum + figure, 0)).toBe(bare)
    const [refused] = story.figures('refused at once')
    expect(story.figures('made')).toEqual([reached + refused, bare])
  })

  it('spares the service requests, and the callers time', () => {
    const [reached, bare] = story.figures('altogether')
    expect(reached).toBeLessThan(bare)
    const [median, bareMedian] = story.figures('median')
    expect(median).toBeLessThan(bareMedian)
  })
})

describe('the demo, cut short', () => {
  let run: Run

  beforeEach(async () => {
    run = new Run()
    await run.printed('● 500', LIMIT)
  })

  afterEach(() => run.signal('SIGKILL'))

  it('ends its processes on Ctrl-C', async () => {
    run.signal('SIGINT')
    expect((await run.end()).code).toBe(130)
    expect(run.signal(0)).toBe(false)
  })

  it('says so if one of its processes dies, and ends the others', async () => {
    const pid = /client service \((\d+)\)/.exec(run.stdout)?.[1]
    process.kill(Number(pid), 'SIGKILL')
    expect((await run.end()).code).toBe(1)
    expect(run.stderr).toContain(`client-service.mjs (pid ${pid}) ended by itself`)
    expect(run.signal(0)).toBe(false)
  })
})
