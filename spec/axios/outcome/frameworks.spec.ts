/** Frameworks throw through a request to stop or redirect the page. That proves nothing about the service. */
import { AxiosError } from 'axios'
import { judgementOf, type Judgement } from '../../support/judgement.js'

const withDigest = (digest: unknown, name = 'Error'): Error =>
  Object.assign(new Error('control flow'), { name, digest })

const CONTROL_FLOW: readonly [string, () => unknown][] = [
  ['Next.js: dynamic rendering', () => withDigest('DYNAMIC_SERVER_USAGE')],
  ['Next.js: a hanging promise', () => withDigest('HANGING_PROMISE_REJECTION')],
  ['Next.js: an interrupted prerender', () => withDigest('NEXT_PRERENDER_INTERRUPTED')],
  ['Next.js: a redirect', () => withDigest('NEXT_REDIRECT;replace;/login;307;')],
  ['Next.js: not found', () => withDigest('NEXT_HTTP_ERROR_FALLBACK;404')],
  ['Next.js: a bailout', () => withDigest('BAILOUT_TO_CLIENT_SIDE_RENDERING')],
  ['with the name of a TypeError', () => withDigest('DYNAMIC_SERVER_USAGE', 'TypeError')],
  ['React: postponed', () => ({ $$typeof: Symbol.for('react.postpone'), message: 'later' })],
  ['SvelteKit: a redirect', () => ({ status: 307, location: '/login' })],
  ['Remix: a redirect', () => new Response(null, { status: 302, headers: { location: '/' } })],
  ['wrapped by axios', () => AxiosError.from(withDigest('DYNAMIC_SERVER_USAGE'), 'ERR_NETWORK')],
  ['wrapped twice', () => new Error('outer', { cause: new Error('', { cause: withDigest('X') }) })],
]

const OTHERS: readonly [string, () => unknown][] = [
  ['a digest that is no string', () => withDigest(42)],
  ['an error that is its own cause', () => circular()],
  ['a thrown answer of a broken service', () => new Response(null, { status: 503 })],
  ['nothing at all', () => undefined],
]

function circular(): Error {
  const error: Error & { cause?: unknown } = new Error('round and round')
  error.cause = error
  return error
}

function judge(thrown: () => unknown): Promise<Judgement> {
  const adapter = async (): Promise<never> => {
    throw thrown()
  }
  return judgementOf((instance) => instance.get('/', { adapter }))
}

it.each(CONTROL_FLOW)('%s is ignored', async (_what, thrown) => {
  expect(await judge(thrown)).toBe('ignored')
})

it.each(OTHERS)('%s counts as a failure', async (_what, thrown) => {
  expect(await judge(thrown)).toBe('failure')
})
