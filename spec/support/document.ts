/** Reads a document's snippets, and writes them to a folder as the files of an app. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = resolve(__dirname, '../..')

export const read = (document: string): string => readFileSync(join(root, document), 'utf8')

export const PAGES: readonly string[] = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)

/** The documents that users read. */
export const PUBLISHED = ['README.md', 'CHANGELOG.md', ...PAGES]

export interface Snippet {
  /** The heading above it. */
  readonly heading: string
  readonly language: string
  readonly code: string
}

export function snippetsOf(document: string): readonly Snippet[] {
  const parts = read(document).matchAll(
    /^#+ (?<heading>.*)$|^```(?<language>\w+)\n(?<code>[^]*?)^```/gm,
  )
  let heading = ''
  return [...parts].flatMap(({ groups = {} }) => {
    if (groups.heading !== undefined) heading = groups.heading
    const { language, code } = groups
    return language && code ? [{ heading, language, code }] : []
  })
}

export type Row = Readonly<Record<string, string>>

/** Reads the cells of each table, by the names of their columns. */
export function tablesOf(markdown: string): readonly (readonly Row[])[] {
  return markdown
    .split('\n\n')
    .filter((part) => part.startsWith('|'))
    .map((table) => {
      const [names = [], , ...rows] = table
        .trim()
        .split('\n')
        .map((line) => line.split('|').slice(1, -1))
        .map((cells) => cells.map((cell) => cell.trim()))
      return rows.map((cells) =>
        Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])),
      )
    })
}

/** Finds the first table below a text. */
export function tableBelow(document: string, text: string): readonly Row[] {
  const markdown = read(document)
  const from = markdown.indexOf(text)
  const [table] = from < 0 ? [] : tablesOf(markdown.slice(from))
  if (!table) throw new Error(`Found no table below "${text}" in ${document}`)
  return table
}

/** An app that has installed the library, and everything that this project has. */
export class App {
  readonly folder = mkdtempSync(join(tmpdir(), 'app-'))

  constructor(type: 'module' | 'commonjs' = 'module') {
    const modules = join(this.folder, 'node_modules')
    mkdirSync(modules)
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
    // This is no link to the project: test runners would take its files for the app's.
    mkdirSync(join(modules, 'axios-breaker'))
    for (const name of ['dist', 'package.json']) {
      symlinkSync(join(root, name), join(modules, 'axios-breaker', name))
    }
    this.write('package.json', JSON.stringify({ type, jest: { testEnvironment: 'node' } }))
  }

  write(file: string, content: string): string {
    const path = join(this.folder, file)
    writeFileSync(path, content)
    return path
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
