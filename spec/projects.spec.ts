/** jest.config.js runs each spec exactly once. */
import { readdirSync } from 'node:fs'
import config from '../jest.config.js'

it('each spec is in one project', () => {
  const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  const specs = files
    .map((file) => `/spec/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.spec.ts'))
  const projectsOf = (file: string): string[] =>
    config.projects
      .filter(({ testRegex }) => testRegex.some((pattern) => new RegExp(pattern).test(file)))
      .map(({ displayName }) => displayName)
  const wrong = specs.filter((file) => projectsOf(file).length !== 1)
  expect(wrong).toEqual([])
  expect(new Set(specs.flatMap(projectsOf)).size).toBe(config.projects.length)
})
