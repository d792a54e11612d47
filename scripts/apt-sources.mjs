/** Translates the apt sources of this machine to another release of the same distribution. */

/**
 * @typedef {object} Source
 * @property {string[]} types
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {string | undefined} signedBy
 */

/**
 * @param {readonly string[]} texts of the files in which apt looks for sources, in either format
 * @param {string} codename of the release that is installed: `bookworm`
 * @param {string} suite the other release: `trixie`
 * @returns {string[]} stanzas of a `.sources` file, one for each archive that has the release
 */
export function sourcesOfSuite(texts, codename, suite) {
  const sources = texts.flatMap((text) => [...stanzasOf(text), ...linesOf(text)])
  const archives = sources.filter(
    ({ types, suites, components }) =>
      types.includes('deb') && suites.includes(codename) && components.includes('main'),
  )
  return [...new Set(archives.map((archive) => stanza(archive, suite)))]
}

/**
 * apt checks signatures by the keys that the source names, or by all that it trusts.
 *
 * @param {Source} source
 * @param {string} suite
 */
function stanza({ uris, signedBy }, suite) {
  const fields = ['Types: deb', `URIs: ${uris.join(' ')}`, `Suites: ${suite}`, 'Components: main']
  // An inlined key begins on a line of its own.
  if (signedBy) fields.push(`Signed-By:${signedBy.replace(/^[^\S\n]*(?=\S)/, ' ')}`)
  return fields.join('\n')
}

/**
 * Parses lines such as `deb [signed-by=/a/key.gpg] http://an.archive/debian bookworm main contrib`.
 *
 * @param {string} text
 * @returns {Source[]}
 */
function linesOf(text) {
  const lines = text.matchAll(/^\s*(deb)\s+(?:\[([^\]]*)\]\s*)?(\w+:\S+)\s+(\S+)\s+([^#\n]+)/gm)
  return Array.from(lines, ([, type = '', options = '', uri = '', suite = '', components]) => ({
    types: [type],
    uris: [uri],
    suites: [suite],
    components: words(components),
    signedBy: options.match(/(?:^|\s)signed-by=(\S+)/i)?.[1]?.replaceAll(',', ' '),
  }))
}

/**
 * Parses the other format: paragraphs of fields, whose continuation lines are indented.
 *
 * @param {string} text
 * @returns {Source[]}
 */
function stanzasOf(text) {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '')
  const paragraphs = withoutComments.split(/\n\s*\n/).map(fieldsOf)
  const used = paragraphs.filter((fields) => fields.uris && !/^no$/i.test(fields.enabled ?? ''))
  return used.map((fields) => {
    /** @param {string} name */
    const list = (name) => words(fields[name])
    return {
      types: list('types'),
      uris: list('uris'),
      suites: list('suites'),
      components: list('components'),
      signedBy: fields['signed-by'],
    }
  })
}

/**
 * @param {string} paragraph
 * @returns {Record<string, string | undefined>}
 */
function fieldsOf(paragraph) {
  const fields = paragraph.matchAll(/^([\w-]+):[^\S\n]*(.*(?:\n[^\S\n].*)*)/gm)
  return Object.fromEntries(
    Array.from(fields, ([, name = '', value]) => [name.toLowerCase(), value]),
  )
}

const words = (text = '') => text.split(/\s+/).filter(Boolean)
