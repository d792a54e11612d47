/** The page on common servers, mounted as docs/status-page.md shows. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import axios from 'axios'
import express from 'express'
import fastify from 'fastify'
import { CircuitBreaker } from '../../lib/index.js'
import { statusPage, type StatusPage } from '../../lib/status-page/index.js'
import { EventStream } from '../support/event-stream.js'
import { post } from '../support/post.js'
import { until } from '../support/until.js'

interface Mounted {
  /** The URL of the page. */
  readonly urls: readonly string[]
  /** The status for a method that is refused. */
  readonly refusal: number
  /** Closes the page as users do, whether pages are open or not. */
  readonly close: () => Promise<unknown>
}

type Mount = (page: StatusPage) => Promise<Mounted>

const OTHER_POLICY = "default-src 'self' https:"

const MOUNTS: Readonly<Record<string, Mount>> = {
  'node:http': async (page) => {
    const server = createServer(page)
    const origin = await listen(server)
    return {
      urls: [`${origin}/`, `${origin}/circuits`],
      refusal: 405,
      close: closing(page, server),
    }
  },
  Express: async (page) => {
    const app = express()
    app.use((_request, response, next) => {
      response.setHeader('content-security-policy', OTHER_POLICY)
      next()
    })
    app.use('/circuits', page)
    const server = createServer(app)
    const origin = await listen(server)
    const urls = [`${origin}/circuits`, `${origin}/circuits/`]
    return { urls, refusal: 405, close: closing(page, server) }
  },
  'Express, as a route': async (page) => {
    const app = express()
    app.get('/internal/circuits', page)
    const server = createServer(app)
    const origin = await listen(server)
    return { urls: [`${origin}/internal/circuits`], refusal: 404, close: closing(page, server) }
  },
  Fastify: async (page) => {
    const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
    app.get('/circuits', (request, reply) => {
      reply.hijack()
      page(request.raw, reply.raw)
    })
    app.addHook('preClose', page.close)
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    const urls = [`${origin}/circuits`, `${origin}/circuits/`]
    return { urls, refusal: 404, close: () => app.close() }
  },
}

/** As docs/status-page.md shows for a page with actions, behind whatever reads bodies first. */
const WITH_ACTIONS: Readonly<Record<string, Mount>> = {
  'node:http': (page) => mountOn(createServer(page), page, ['/', '/ops/circuits/']),
  Express: (page) => mountOn(createServer(express().use('/circuits', page)), page),
  'Express, as a route': (page) => mountOn(createServer(express().all('/circuits', page)), page),
  'Express, after a parser of JSON': (page) =>
    mountOn(createServer(express().use(express.json()).use('/circuits', page)), page),
  'Express, after a parser of text': (page) =>
    mountOn(createServer(express().use(express.text({ type: '*/*' }), page)), page),
  'Express, after a parser of bytes': (page) =>
    mountOn(createServer(express().use(express.raw({ type: '*/*' }), page)), page),
  'Express, after a parser of forms': (page) =>
    mountOn(createServer(express().use(express.urlencoded(), leaveEmptyBody, page)), page),
  Fastify: async (page) => {
    const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
    app.route({
      method: ['GET', 'POST'],
      url: '/circuits',
      handler(request, reply) {
        reply.hijack()
        page(Object.assign(request.raw, { body: request.body }), reply.raw)
      },
    })
    app.addHook('preClose', page.close)
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    return { urls: [`${origin}/circuits`], refusal: 405, close: () => app.close() }
  },
}

/** Like the parsers of Express 4, which do so even if they have read nothing. */
const leaveEmptyBody: express.RequestHandler = (request, _response, next) => {
  request.body ??= {}
  next()
}

async function mountOn(server: Server, page: StatusPage, paths = ['/circuits']): Promise<Mounted> {
  const origin = await listen(server)
  const urls = paths.map((path) => origin + path)
  return { urls, refusal: 405, close: closing(page, server) }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

function closing(page: StatusPage, server: Server): () => Promise<unknown> {
  return () => {
    page.close()
    server.close()
    return once(server, 'close')
  }
}

describe.each(Object.entries(WITH_ACTIONS))('actions on %s', (_name, mount) => {
  it('force and release circuits', async () => {
    const breaker = new CircuitBreaker()
    const users = breaker.attach(axios.create(), 'users')
    const actions = {
      authorize: ({ headers }: IncomingMessage) => ({ by: String(headers['x-user']) }),
    }
    const mounted = await mount(statusPage(breaker, { actions }))
    for (const url of mounted.urls) {
      const body = { circuit: 1, action: 'opened', for: 60, reason: 'maintenance' }
      expect(await post(url, body, { 'x-user': 'ann' })).toMatchObject({ status: 200 })
      expect(users.forced).toMatchObject({ state: 'opened', by: 'ann', reason: 'maintenance' })
      expect((await post(url, { circuit: 1, action: 'release' })).status).toBe(200)
      expect(users.forced).toBeUndefined()
      expect((await post(url, { circuit: 1 })).status).toBe(400)
      expect((await post(url, body, { origin: 'http://evil.example' })).status).toBe(403)
      expect(users.forced).toBeUndefined()
    }
    await mounted.close()
  })
})

it('says so if the application has read the body, and not passed it on', async () => {
  const breaker = new CircuitBreaker()
  const users = breaker.attach(axios.create(), 'users')
  const page = statusPage(breaker, { actions: { authorize: () => true } })
  const mounted = await mountOn(
    createServer((request, response) => {
      request.resume().on('end', () => page(request, response))
    }),
    page,
  )
  expect(await post(mounted.urls[0] ?? '', { circuit: 1, action: 'opened' })).toMatchObject({
    status: 500,
    text: 'The application has read the body, and does not pass it on as request.body\n',
  })
  expect(users.forced).toBeUndefined()
  await mounted.close()
})

describe.each(Object.entries(MOUNTS))('%s', (_name, mount) => {
  let mounted: Mounted
  let breaker: CircuitBreaker
  beforeEach(async () => {
    breaker = new CircuitBreaker()
    breaker.attach(axios.create(), 'users')
    mounted = await mount(statusPage(breaker))
  })
  afterEach(() => mounted.close())

  it('shows the page, with its own policy and no other', async () => {
    for (const url of mounted.urls) {
      const response = await fetch(url)
      expect(await response.text()).toContain('<bdi>users</bdi>')
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; [^,]+$/)
    }
  })

  it('answers in JSON', async () => {
    for (const url of mounted.urls) {
      const { data } = await axios.get(url)
      expect(data).toMatchObject({ circuits: [{ name: 'users', state: 'closed' }], storage: null })
    }
  })

  it('answers HEAD, and refuses writes', async () => {
    for (const url of mounted.urls) {
      const head = await fetch(url, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([200, ''])
      expect((await fetch(url, { method: 'POST' })).status).toBe(mounted.refusal)
    }
  })

  it('sends changes, and closes even if pages are open', async () => {
    const streams = await Promise.all(mounted.urls.map((url) => EventStream.open(url)))
    breaker.attach(axios.create(), 'avatars')
    for (const stream of streams) {
      await until('the new circuit has arrived', () => stream.last?.event === 'change')
      expect(stream.last?.data.rows[0]?.[1]).toContain('avatars')
    }
    await mounted.close()
    for (const stream of streams) await until('the page has ended', () => stream.hasEnded)
    mounted = { ...mounted, close: async () => undefined }
  })
})
