/** The types of apt-sources.mjs, for specs. */

/** Stanzas of a `.sources` file for another release, from what the sources say of this one. */
export function sourcesOfSuite(texts: readonly string[], codename: string, suite: string): string[]
