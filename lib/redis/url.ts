/** The option `url`. It may hold a password: it is never shown. */

const EXPECTED = 'Expected a redis:// or rediss:// URL, given another text'
const ENCODE =
  ', with a user or password that is not encoded: put it through encodeURIComponent() first'

/** What is wrong with it, if anything is. */
export function urlProblem(url: string): string | undefined {
  if (hasRawCredentials(url)) return EXPECTED + ENCODE
  return isRedisUrl(url) ? undefined : EXPECTED
}

/** Its path is the number of a database. */
function isRedisUrl(text: string): boolean {
  try {
    const { pathname } = new URL(text)
    return /^rediss?:\/\//.test(text) && /^(?:\/\d*)?$/.test(pathname)
  } catch {
    return false
  }
}

/** A `/`, `?` or `#` in a password ends the URL's authority there, and what follows is taken for something else. */
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
