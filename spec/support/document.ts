/** A document's snippets, and a folder in which they are an app's files. */
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

export interface Snippet {
  /** The heading that it stands under. */
  readonly heading: string
  readonly language: string
  readonly code: string
}

export function snippetsOf(document: string): readonly Snippet[] {
  const text = readFileSync(join(root, document), 'utf8')
  const parts = text.matchAll(/^#+ (?<heading>.*)$|^```(?<language>\w+)\n(?<code>[^]*?)^```/gm)
  let heading = ''
  return [...parts].flatMap(({ groups = {} }) => {
    if (groups.heading !== undefined) heading = groups.heading
    const { language, code } = groups
    return language && code ? [{ heading, language, code }] : []
  })
}

/** An app that has the library installed, and all that the project itself has. */
export class App {
  readonly folder = mkdtempSync(join(tmpdir(), 'app-'))

  constructor(type: 'module' | 'commonjs' = 'module') {
    const modules = join(this.folder, 'node_modules')
    mkdirSync(modules)
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
    // Not a link to the project, as test runners would take its files for their own.
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
