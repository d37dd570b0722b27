/** What jsdom lacks and the network's edge, for every spec. */

import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { network } from './network'

/** Every observed card is in view at once. */
class EverythingVisible {
  constructor(private readonly report: IntersectionObserverCallback) {}
  observe(target: Element) {
    const entry = {
      target,
      isIntersecting: true,
      intersectionRatio: 1,
    } as unknown as IntersectionObserverEntry
    this.report([entry], this as unknown as IntersectionObserver)
  }
  unobserve() {
    return undefined
  }
}

/** Nothing has a size here, so none ever changes. */
class NothingMoves {
  observe() {
    return undefined
  }
  unobserve() {
    return undefined
  }
  disconnect() {
    return undefined
  }
}

beforeAll(() => {
  Object.assign(window, {
    ResizeObserver: NothingMoves,
    IntersectionObserver: EverythingVisible,
    matchMedia: () => new EventTarget(),
    scrollTo: () => undefined,
  })
  Element.prototype.scrollIntoView = () => undefined
  network.listen({ onUnhandledFrame: 'error' })
})
/** What is on its way to the server and must not arrive at the next spec's. */
const sending = new Set<string>()
network.events.on('request:start', ({ request, requestId }) => {
  if (request.method !== 'GET') sending.add(requestId)
})
network.events.on('request:end', ({ requestId }) => {
  sending.delete(requestId)
})

// Before, not after: a page is taken down when its spec has ended.
beforeEach(() => {
  document.body.innerHTML = ''
})
afterEach(async () => {
  vi.useRealTimers()
  await vi.waitFor(() => {
    if (sending.size > 0) throw new Error('a request is still on its way')
  })
  network.resetHandlers()
  localStorage.clear()
  sessionStorage.clear()
})
afterAll(() => {
  network.close()
})
