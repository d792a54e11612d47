/** Runs the demo of a fleet as a newcomer does, and checks what it promises. It uses the built library. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../scripts/programs.mjs'
import { Running } from '../scripts/run.mjs'
import { FLEET_LIMIT, Run, Story } from './support/demo.js'
import { root } from './support/program.js'
import { until } from './support/until.js'

// A busy machine takes seconds to start the processes alone.
jest.setTimeout(FLEET_LIMIT * 2000)

const PROCESSES = ['process A', 'process B', 'process C'] as const

/** Where the demo's Redis has its folder. */
let folder: string

beforeAll(() => {
  if (existsSync(join(root, 'dist/esm/index.js'))) return
  throw new Error(
    'The demo needs the built library, and dist is missing: run `npm run build` first',
  )
})

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'axios-breaker-demo-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function start(env: Readonly<Record<string, string>> = {}): Run {
  return new Run(['--redis'], { TMPDIR: folder, ...env })
}

/** Files that are left once no process runs. The process that cleans up after Redis ends a moment after the demo. */
async function leftBy(run: Run): Promise<string[]> {
  await until('no process is left', () => !run.signal(0))
  return readdirSync(folder)
}

/** One run, from the beginning to the end. */
let ran: Run
let ending: { code: unknown; seconds: number }
beforeAll(async () => {
  ran = start()
  ending = await ran.end()
})
afterAll(() => ran.signal('SIGKILL'))

describe('the demo of a fleet', () => {
  let story: Story<(typeof PROCESSES)[number]>
  beforeAll(() => {
    story = new Story(ran.stdout, PROCESSES)
  })

  it('ends well, by itself, in time', () => {
    expect(ran.stderr).toBe('')
    expect(ran.stdout).not.toContain('✖')
    expect(ending.code).toBe(0)
    expect(ending.seconds).toBeLessThan(FLEET_LIMIT)
  })

  it('leaves nothing behind', async () => {
    expect(await leftBy(ran)).toEqual([])
  })

  it('fits a page, and sends no colours into a pipe', () => {
    const lines = ran.stdout.split('\n')
    expect(lines.length).toBeLessThanOrEqual(95)
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(ran.stdout).not.toContain('\u001B')
  })

  it('prints what happens in order', () => {
    expect(story.seconds.length).toBeGreaterThan(15)
    expect(story.seconds).toEqual(story.seconds.toSorted((a, b) => a - b))
  })

  it.each(PROCESSES)('sees %s take every turn that the others take', (process) => {
    const transitions = story.transitions(process)
    expect(transitions.slice(0, 3)).toEqual(['opened', 'half-opened', 'opened'])
    expect(transitions.slice(-2)).toEqual(['half-opened', 'closed'])
    expect(transitions).toEqual(story.transitions('process A'))
    expect(story.lane(process).at(-1)).toMatch(/^● 200/)
  })

  it('counts the failures of all, and opens for all at the threshold', () => {
    const cells = PROCESSES.flatMap((process) => story.lane(process))
    expect(cells.filter((cell) => /^● 500 +failure 3\/3$/.test(cell))).toHaveLength(1)
    for (const process of PROCESSES) {
      const opening = story.lane(process).findIndex((cell) => cell.startsWith('▸ opened'))
      expect(story.lane(process)[opening]).toMatch(/after -?\d+(\.\d)? ms$/)
      expect(story.lane(process)[opening + 1]).toMatch(/^○ refused .*\d\.\d s$/)
    }
  })

  it('lets one caller of the whole fleet through for each half-opening', () => {
    const halfOpenings = story.transitions('process A').filter((to) => to === 'half-opened').length
    expect(story.calls(/^◐ 2 callers +1 probe$/)).toBeGreaterThanOrEqual(1)
    expect(story.calls(/^◐ 2 callers +all refused$/)).toBe(
      2 * story.calls(/^◐ 2 callers +1 probe$/),
    )
    expect(story.calls(/^◐ probe (200|500)/)).toBe(halfOpenings)
  })

  it('counts at the server what the timeline shows', () => {
    const probes = story.calls(/^◐ probe /)
    const [reached] = story.figures('altogether')
    expect(reached).toBe(story.calls(/^● /) + probes)
    expect(story.figures('while it answered 500')[0]).toBe(story.calls(/^. (probe )?500/))
    const crowds = story.calls(/^◐ 2 callers +1 probe$/)
    const [refused] = story.figures('refused at once')
    expect(refused).toBe(story.calls(/^[○◐] refused/) + 5 * crowds)
  })

  it('sums up what it counted', () => {
    const phases = ['while it answered  ', 'while it answered 500', 'after it came back']
    const figures = phases.map((phase) => story.figures(phase))
    const [reached, own] = story.figures('altogether')
    expect(figures.reduce((sum, [figure]) => sum + figure, 0)).toBe(reached)
    expect(figures.reduce((sum, [, figure]) => sum + figure, 0)).toBe(own)
    const [refused, ownRefused] = story.figures('refused at once')
    expect(story.figures('made')).toEqual([reached + refused, own + ownRefused])
  })

  it('spares the broken service requests that separate circuits let through', () => {
    const [shared, own] = story.figures('while it answered 500')
    expect(shared).toBeLessThan(own)
  })
})

describe("the operator's scene", () => {
  const COMMANDS = [
    '$ npx axios-breaker close users --for 10m --by ann --reason "trying the rule"',
    '$ npx axios-breaker release users',
    '$ npx axios-breaker open users --for 3s --by ann --reason maintenance',
  ]
  let scene: string
  let story: Story<(typeof PROCESSES)[number]>

  beforeAll(() => {
    scene = ran.stdout.slice(ran.stdout.indexOf('An operator'))
    story = new Story(scene, PROCESSES)
  })

  /** The lanes between a command and the next. */
  function after(command: string): string {
    const from = scene.indexOf(command)
    const next = COMMANDS.map((other) => scene.indexOf(other)).find((position) => position > from)
    return scene.slice(from, next)
  }

  it('shows the commands as they are typed, one after the other', () => {
    const typed = scene.match(/\$ npx axios-breaker .*/g)
    expect(typed).toEqual(COMMANDS)
  })

  it.each(PROCESSES)('reaches %s with each command, and with the end of the last', (process) => {
    const marks = story
      .lane(process)
      .filter((cell) => /^▸ (dry run|released|forced|time)/.test(cell))
    expect(marks.map((cell) => cell.replace(/ +/g, ' '))).toEqual([
      '▸ dry run by ann',
      '▸ released',
      '▸ forced open by ann',
      '▸ time is up',
    ])
  })

  it('sends every request in the dry run, and refuses by the same counts once it is enforced', () => {
    const [dryRun = '', enforced = ''] = COMMANDS.map(after)
    expect(dryRun).toContain('failure 3/3')
    expect(dryRun).toContain('not refused')
    expect(dryRun).not.toContain('○ refused')
    expect(enforced).toContain('○ refused')
    expect(enforced).toMatch(/◐ probe 200/)
    expect(enforced).toMatch(/▸ closed/)
  })

  it('names the operator and the reason to the callers', () => {
    const maintenance = after(COMMANDS[2] ?? '')
    const message = /Circuit "users" is forced open by ann: maintenance \(ends in \d(\.\d+)? s\)/
    expect(maintenance).toMatch(message)
    const end = maintenance.lastIndexOf('time is up')
    expect(maintenance.slice(0, end)).not.toContain('● 200')
    expect(maintenance.slice(end)).toContain('● 200')
  })
})

it('waits for the operator if somebody sits at the terminal', async () => {
  const demo = 'node examples/demo/main.mjs --redis'
  const args = ['--quiet', '--return', '--command', demo, '/dev/null']
  const options = { cwd: root, env: { TMPDIR: folder, TERM: 'dumb' }, input: '' }
  const terminal = new Running(requireProgram('script', 'bsdutils'), args, options)
  try {
    await terminal.printed('in a second terminal, in this folder', FLEET_LIMIT)
    await terminal.printed(/REDIS_URL=.*maintenance/)
    const [command = ''] = /REDIS_URL=redis:.*maintenance/.exec(terminal.output) ?? []
    expect(command).toContain('npx axios-breaker open users --for 3s')
    const second = new Running('sh', ['-c', command.replace('ann', 'ben')], { cwd: root })
    expect((await second.end()).code).toBe(0)
    expect((await terminal.end()).code).toBe(0)
    expect(terminal.output).toContain('Circuit "users" is forced open by ben: maintenance')
    expect(terminal.output).not.toContain('✖')
  } finally {
    terminal.signal('SIGTERM')
    await terminal.end()
  }
})

describe('the demo of a fleet, cut short', () => {
  let run: Run

  afterEach(() => run.signal('SIGKILL'))

  it('ends its processes on Ctrl-C', async () => {
    run = start()
    await run.printed('● 500', FLEET_LIMIT)
    run.signal('SIGINT')
    expect((await run.end()).code).toBe(130)
    expect(await leftBy(run)).toEqual([])
  })

  it('leaves nothing behind if it is ended while it starts', async () => {
    run = start()
    await until('Redis has its folder', () => readdirSync(folder).length > 0)
    run.signal('SIGINT')
    await run.end()
    expect(await leftBy(run)).toEqual([])
  })

  it('says how to install redis-server if it is missing', async () => {
    run = start({ REDIS_SERVER: join(folder, 'nowhere') })
    expect((await run.end()).code).toBe(1)
    expect(run.stderr).toContain('redis-server is missing')
    expect(run.stderr).toContain('apt-get install redis-server')
    expect(run.signal(0)).toBe(false)
  })
})
