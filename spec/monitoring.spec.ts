/** The alerts and the dashboard, as far as no running Prometheus is needed; microservices.spec.ts has the rest. */
import { join } from 'node:path'
import axios from 'axios'
import { Registry } from 'prom-client'
import { CircuitBreaker } from '../lib/index.js'
import { collectMetrics } from '../lib/metrics/prometheus/index.js'
import { MemoryStorage } from '../lib/testing/index.js'
import { run } from '../scripts/run.mjs'
import { expressionsOf, readAlertTests, readDashboard, readRules } from './support/monitoring.js'
import { root } from './support/program.js'

async function promtool(args: readonly string[], input = ''): Promise<string> {
  const { output } = await run('promtool', args, { cwd: join(root, 'monitoring'), input })
  return output
}

describe('the text of a scrape', () => {
  it('passes the checks of promtool', async () => {
    const registry = new Registry()
    const breaker = new CircuitBreaker({ storage: new MemoryStorage() })
    const statuses = [200, 500, 404]
    const users = axios.create({
      adapter: async (config) => {
        const status = Number(statuses.pop())
        return { data: '', status, statusText: '', headers: {}, config }
      },
    })
    breaker.attach(users, 'with "quotes", \\ and\nlines {}')
    collectMetrics(breaker, { registry })
    await breaker.init()
    while (statuses.length > 0) await users.get('/').catch(() => undefined)
    await breaker.flush()
    const text = await registry.metrics()
    expect(text).toContain('circuit_breaker_request_duration_seconds_bucket')
    expect(await promtool(['check', 'metrics'], text)).toBe('')
    await breaker.close()
  })
})

describe('the alerts', () => {
  const rules = readRules()

  it('are rules for Prometheus', async () => {
    expect(await promtool(['check', 'rules', 'alerts.yml'])).toContain(
      `${rules.length} rules found`,
    )
  })

  it('fire when they should, and only then', async () => {
    expect(await promtool(['test', 'rules', 'alerts.test.yml'])).toContain('SUCCESS')
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s is tested both ways', (alert) => {
    const tested = readAlertTests().filter(({ alertname }) => alertname === alert)
    const fires = new Set(tested.map(({ exp_alerts }) => exp_alerts.length > 0))
    expect(fires).toEqual(new Set([true, false]))
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s says what it means', (_, rule) => {
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description'])
    expect(['critical', 'warning']).toContain(rule.labels.severity)
  })
})

describe('the dashboard', () => {
  const dashboard = readDashboard()
  const { panels, annotations, templating } = dashboard
  const source = { type: 'prometheus', uid: '${datasource}' }

  it('has panels with unique titles and descriptions', () => {
    expect(panels.length).toBeGreaterThan(5)
    for (const property of ['id', 'title', 'description'] as const) {
      expect(new Set(panels.map((panel) => panel[property])).size).toBe(panels.length)
    }
    const references = panels.map(({ targets }) => targets.map(({ refId }) => refId))
    expect(references.filter((ids) => new Set(ids).size !== ids.length)).toEqual([])
  })

  it('gives each panel a place of its own', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
  })

  it('asks the data source that its viewer chooses', () => {
    const asking = [...panels, ...panels.flatMap(({ targets }) => targets), ...annotations.list]
    for (const { datasource } of asking) expect(datasource).toEqual(source)
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
  })

  it('defines every variable that it uses, and uses every one that it defines', () => {
    const text = JSON.stringify([panels, annotations, templating])
    const used = new Set(text.match(/\$(?!__)\{?\w+/g)?.map((name) => name.replace(/\W+/, '')))
    expect(used).toEqual(new Set(templating.list.map(({ name }) => name)))
    const expressions = expressionsOf(dashboard)
    expect(expressions.filter((expr) => !expr.includes('instance=~"$instance"'))).toEqual([])
  })
})
