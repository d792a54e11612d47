/** The expressions that the package ships for Prometheus and Grafana, ready to run against a Prometheus. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { safeLoad } from 'js-yaml'
import { root } from './program.js'

export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly gridPos: {
    readonly h: number
    readonly w: number
    readonly x: number
    readonly y: number
  }
  readonly datasource: unknown
  readonly targets: readonly {
    refId: string
    expr: string
    legendFormat: string
    datasource: unknown
  }[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly annotations: { readonly list: readonly { expr: string; datasource: unknown }[] }
  readonly templating: { readonly list: readonly Variable[] }
}

const read = (file: string): string => readFileSync(join(root, 'monitoring', file), 'utf8')

export function readRules(): readonly Rule[] {
  const { groups } = safeLoad(read('alerts.yml')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

interface AlertTest {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

export function readAlertTests(): readonly AlertTest[] {
  const { tests } = safeLoad(read('alerts.test.yml')) as {
    tests: { alert_rule_test: AlertTest[] }[]
  }
  return tests.flatMap(({ alert_rule_test: cases }) => cases)
}

export function readDashboard(): Dashboard {
  return JSON.parse(read('dashboard.json')) as Dashboard
}

/** Every expression of the dashboard: those of its panels and of its annotations. */
export function expressionsOf({ panels, annotations }: Dashboard): readonly string[] {
  const targets = panels.flatMap((panel) => panel.targets)
  return [...targets, ...annotations.list].map(({ expr }) => expr)
}

/**
 * Selects everything that a viewer can select, and makes comparisons return 0 instead of dropping a series. What
 * excludes series has to find some of the same labels. The example is younger than any offset.
 */
export function asQuery(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '1m')
    .replaceAll(/ offset \w+/g, '')
    .replaceAll(/\$\w+/g, '.*')
    .replaceAll(/ (>|==) (?!bool)/g, ' $1 bool ')
    .replaceAll(' unless ', ' and ')
}

/** The metrics in an expression. */
export function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(circuit_breaker|http)_\w+/g) ?? []
}
