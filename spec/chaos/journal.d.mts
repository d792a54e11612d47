/** The types of journal.mjs, for specs. */
export function journalOf(driver: readonly object[], workers: Record<string, object[]>): object
