/** What jsdom lacks and the network's edge, for every spec. */

import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { network } from './network'

/** Every observed card is in view at once. */
class EverythingVisible {
  constructor(private readonly report: IntersectionObserverCallback) {}
  observe(target: Element) {
    const entry = { target, isIntersecting: true } as unknown as IntersectionObserverEntry
    this.report([entry], this as unknown as IntersectionObserver)
  }
  unobserve() {
    return undefined
  }
}

beforeAll(() => {
  Object.assign(window, {
    IntersectionObserver: EverythingVisible,
    matchMedia: () => new EventTarget(),
    scrollTo: () => undefined,
  })
  Element.prototype.scrollIntoView = () => undefined
  network.listen({ onUnhandledFrame: 'error' })
})
afterEach(() => {
  vi.useRealTimers()
  network.resetHandlers()
  localStorage.clear()
  document.body.innerHTML = ''
})
afterAll(() => {
  network.close()
})
