import { mount } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, nextTick } from 'vue'
import { track } from './tracking'
import { type Shown, vImpression } from './vImpression'

vi.mock('./tracking', () => ({ track: vi.fn() }))

/** The window's view, moved by hand: the one observer lives as long as the page. */
let see: (element: Element, ratio: number) => void = () => undefined
class Eye {
  constructor(report: IntersectionObserverCallback) {
    see = (target, intersectionRatio) => {
      const entry = { target, intersectionRatio, isIntersecting: intersectionRatio > 0 }
      report([entry as IntersectionObserverEntry], this as unknown as IntersectionObserver)
    }
  }
  observe() {
    return undefined
  }
  unobserve() {
    return undefined
  }
}
beforeAll(() => {
  window.IntersectionObserver = Eye as unknown as typeof IntersectionObserver
})

let slate = 0
beforeEach(() => {
  vi.useFakeTimers()
  slate += 1
})
afterEach(() => {
  vi.mocked(track).mockClear()
})

function card(position = 1) {
  const shown: Shown = { slate: `s${slate}`, listing_id: 7, position }
  const one = defineComponent({
    directives: { impression: vImpression },
    props: { shown: { type: Object, required: true } },
    template: '<li v-impression="shown"></li>',
  })
  const page = mount(one, { props: { shown }, attachTo: document.body })
  return { page, element: page.element, shown }
}

test('a card is shown once half of it was in view for a whole second', () => {
  const { element, shown } = card()
  see(element, 0.6)
  vi.advanceTimersByTime(999)
  expect(track).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(track).toHaveBeenCalledExactlyOnceWith({ type: 'impression', ...shown })
})

test('a card that leaves before the second is over was not shown', () => {
  const { element } = card()
  see(element, 0.9)
  vi.advanceTimersByTime(900)
  see(element, 0.2)
  vi.advanceTimersByTime(5_000)
  expect(track).not.toHaveBeenCalled()
  see(element, 0.9)
  vi.advanceTimersByTime(999)
  expect(track, 'the second begins anew').not.toHaveBeenCalled()
})

test('less than half of a card is not a card', () => {
  const { element } = card()
  see(element, 0.49)
  vi.advanceTimersByTime(5_000)
  expect(track).not.toHaveBeenCalled()
})

test('a card that is gone was not shown', () => {
  const { page, element } = card()
  see(element, 1)
  page.unmount()
  vi.advanceTimersByTime(5_000)
  expect(track).not.toHaveBeenCalled()
})

test('a window nobody sees shows nothing', () => {
  const { element } = card()
  see(element, 1)
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  document.dispatchEvent(new Event('visibilitychange'))
  vi.advanceTimersByTime(5_000)
  expect(track).not.toHaveBeenCalled()
  visibility.mockReturnValue('visible')
  document.dispatchEvent(new Event('visibilitychange'))
  see(element, 1)
  vi.advanceTimersByTime(1_000)
  expect(track).toHaveBeenCalledOnce()
})

test('a card that moved meanwhile is reported where it is', async () => {
  const { page, element, shown } = card(3)
  see(element, 1)
  await page.setProps({ shown: { ...shown, position: 2 } })
  await nextTick()
  vi.advanceTimersByTime(1_000)
  expect(track).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ position: 2 }))
})

test('a card is reported once per slate', () => {
  const first = card()
  see(first.element, 1)
  vi.advanceTimersByTime(1_000)
  const again = card()
  see(again.element, 1)
  vi.advanceTimersByTime(5_000)
  expect(track).toHaveBeenCalledOnce()
})
