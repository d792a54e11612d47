/** Where apt fetches this machine's distribution from, said again for another release of it. */

/**
 * @param {string[]} texts of the files in which apt looks for sources, in either format
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

/** Signatures are checked by the keys that the source names, else by all that apt trusts. */
function stanza({ uris, signedBy }, suite) {
  const fields = ['Types: deb', `URIs: ${uris.join(' ')}`, `Suites: ${suite}`, 'Components: main']
  // A whole key begins on a line of its own.
  if (signedBy) fields.push(`Signed-By:${signedBy.replace(/^[^\S\n]*(?=\S)/, ' ')}`)
  return fields.join('\n')
}

/** As in `deb [signed-by=/a/key.gpg] http://an.archive/debian bookworm main contrib`. */
function linesOf(text) {
  const lines = text.matchAll(/^\s*(deb)\s+(?:\[([^\]]*)\]\s*)?(\w+:\S+)\s+(\S+)\s+([^#\n]+)/gm)
  return Array.from(lines, ([, type, options = '', uri, suite, components]) => ({
    types: [type],
    uris: [uri],
    suites: [suite],
    components: words(components),
    signedBy: options.match(/(?:^|\s)signed-by=(\S+)/i)?.[1].replaceAll(',', ' '),
  }))
}

/** The other format: paragraphs of fields, whose further lines are indented. */
function stanzasOf(text) {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '')
  const paragraphs = withoutComments.split(/\n\s*\n/).map(fieldsOf)
  const used = paragraphs.filter((fields) => fields.uris && !/^no$/i.test(fields.enabled ?? ''))
  return used.map((fields) => {
    const lists = ['types', 'uris', 'suites', 'components'].map((name) => words(fields[name]))
    const [types, uris, suites, components] = lists
    return { types, uris, suites, components, signedBy: fields['signed-by'] }
  })
}

function fieldsOf(paragraph) {
  const fields = paragraph.matchAll(/^([\w-]+):[^\S\n]*(.*(?:\n[^\S\n].*)*)/gm)
  return Object.fromEntries(Array.from(fields, ([, name, value]) => [name.toLowerCase(), value]))
}

const words = (text = '') => text.split(/\s+/).filter(Boolean)
