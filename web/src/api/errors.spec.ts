import { http, HttpResponse } from 'msw'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type App, createApp, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { network, problem } from '@/testing/network'
import { followErrors } from './errors'
import { sendRequest, toProblem } from './http'

interface Told {
  release: string
  transaction: string
  tags: Record<string, string>
  exception: { values: { type: string; value: string; stacktrace?: object }[] }
}

const release = 'carousel@0.1.0'
const request = '0123456789abcdef0123456789abcdef'
let told: Told[] = []
let types: (string | null)[] = []

beforeEach(() => {
  told = []
  types = []
  network.use(
    http.post('*/api/v1/errors', async ({ request }) => {
      types.push(request.headers.get('Content-Type'))
      told.push(JSON.parse((await request.text()).split('\n')[2] ?? '') as Told)
      return new HttpResponse(null, { status: 204 })
    }),
    http.get('*/fails/:status', ({ params }) => {
      const answer = problem(Number(params['status']), { code: 'broken', detail: 'No "my car".' })
      answer.headers.set('X-Request-Id', request)
      return answer
    }),
  )
})

/** Let errors be followed on a page about a car, by a server that wants them or one that does not. */
async function follow(wanted: boolean, component: object = {}): Promise<App> {
  const meta = document.createElement('meta')
  meta.name = 'error-reports'
  meta.content = release
  if (wanted) document.head.append(meta)
  const routes = [{ path: '/cars/:id([1-9]\\d{0,15})', component: {} }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push('/cars/4711?text=secret')
  const app = createApp(component)
  const end = followErrors(app, router)
  onTestFinished(() => {
    end()
    meta.remove()
  })
  return app
}

function uncaught(error: unknown) {
  window.dispatchEvent(new ErrorEvent('error', { error }))
}

function rejected(reason: unknown) {
  window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }))
}

async function asked(status: number): Promise<unknown> {
  const address = new URL(`/fails/${status}`, location.href)
  return sendRequest(new Request(address)).catch((error: unknown) => error)
}

async function arrived(wanted: number): Promise<string[]> {
  await vi.waitFor(() => {
    expect(told).toHaveLength(wanted)
  })
  return told.map(({ exception }) => {
    const { type, value } = exception.values[0] ?? { type: '', value: '' }
    return `${type}: ${value}`
  })
}

test('what nobody catches is told, with its place and the template of the route', async () => {
  await follow(true)
  uncaught(new TypeError('it broke'))
  rejected(new RangeError('it was promised'))
  rejected('words')
  expect((await arrived(3)).sort()).toEqual([
    'Error: thrown was no error but string',
    'RangeError: it was promised',
    'TypeError: it broke',
  ])
  expect(new Set(types)).toEqual(new Set(['application/x-sentry-envelope']))
  for (const one of told) {
    expect(one.release).toBe(release)
    expect(one.transaction).toBe('/cars/:id')
    expect(one.exception.values[0]?.stacktrace).toBeDefined()
    expect(one).not.toHaveProperty('user')
    expect(one).not.toHaveProperty('request')
    expect(JSON.stringify(one)).not.toMatch(/4711|secret/)
  }
})

test('what breaks in a component is told, and in the console too', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue()
  vi.spyOn(console, 'warn').mockReturnValue()
  const broken = new Error('no such field')
  const app = await follow(true, {
    setup: () => () => {
      throw broken
    },
  })
  app.mount(document.createElement('div'))
  expect(await arrived(1)).toEqual(['Error: no such field'])
  expect(said).toHaveBeenCalledWith(broken)
})

test('a fault of the server is told with the id of the request, not with its sentence', async () => {
  await follow(true)
  await asked(500)
  expect(await arrived(1)).toEqual(['Problem: 500 broken'])
  expect(told[0]?.tags).toEqual({ request_id: request })
  expect(JSON.stringify(told[0])).not.toContain('my car')
})

test('an error that a person is told of as their trouble is told', async () => {
  await follow(true)
  expect(toProblem(new TypeError('of undefined')).code).toBe('unexpected')
  expect(await arrived(1)).toEqual(['TypeError: of undefined'])
})

test('what passes, what was given up and the same again are not told', async () => {
  await follow(true)
  for (const status of [401, 404, 429, 503]) rejected(await asked(status))
  rejected(new DOMException('given up', 'AbortError'))
  uncaught(null)
  for (let again = 0; again < 3; again++) uncaught(new Error('the same'))
  for (let many = 0; many < 30; many++) uncaught(new Error(`another ${many}`))
  const all = await arrived(10)
  expect(all.filter((one) => one === 'Error: the same')).toHaveLength(1)
  expect(new Set(all).size).toBe(10)
})

test('without a word from the server nothing is loaded, noticed or sent', async () => {
  // Vitest itself takes what nobody listens for.
  const heard = vi.fn()
  window.addEventListener('error', heard)
  const loaded = vi.fn()
  vi.doMock('./reports', () => {
    loaded()
    return { openReports: () => loaded }
  })
  onTestFinished(() => {
    vi.doUnmock('./reports')
    window.removeEventListener('error', heard)
  })
  const app = await follow(false, { render: () => h('p') })
  uncaught(new Error('unnoticed'))
  rejected(new Error('unnoticed'))
  await asked(500)
  expect(heard).toHaveBeenCalledTimes(1)
  expect(app.config.errorHandler).toBeUndefined()
  await new Promise((done) => setTimeout(done, 50))
  expect(loaded).not.toHaveBeenCalled()
  expect(told).toEqual([])
})
