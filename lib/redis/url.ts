/** Checks the option `url`. It may hold a password, so no message shows it. */

const EXPECTED = 'Expected a redis:// or rediss:// URL, given something else'
const NOT_SHOWN = ' (not shown, since it may hold a password)'
const NOT_ENCODED =
  '. Its user or password is not encoded: pass both through encodeURIComponent() first'

/** Returns what is wrong with the url, if anything is. */
export function urlProblem(url: string): string | undefined {
  if (hasRawCredentials(url)) return EXPECTED + NOT_SHOWN + NOT_ENCODED
  return isRedisUrl(url) ? undefined : EXPECTED + NOT_SHOWN
}

/** A url's path may only be the number of a database. */
function isRedisUrl(text: string): boolean {
  try {
    const { pathname } = new URL(text)
    return /^rediss?:\/\//.test(text) && /^(?:\/\d*)?$/.test(pathname)
  } catch {
    return false
  }
}

/**
 * A raw `/`, `?` or `#` in a password ends the URL's authority, so the rest would be read as a path or a
 * query.
 */
function hasRawCredentials(text: string): boolean {
  const [, credentials] = /^rediss?:\/\/(.*)@/s.exec(text) ?? []
  if (credentials === undefined) return false
  try {
    decodeURIComponent(credentials)
    return /[\s/?#[\]\\^|"<>`{}]/.test(credentials)
  } catch {
    return true
  }
}
