import type { Directive } from 'vue'
import type { Impression } from '@/api/schema'
import { track } from './tracking'

export type Shown = Omit<Impression, 'type'>

/** A card is shown once half of it has been in view for a whole second. */
const share = 0.5
const lookTime = 1_000

interface Waiting {
  shown: Shown
  clock: ReturnType<typeof setTimeout> | null
}

/** What waits to be seen, and the clock of what is in view just now. */
const waiting = new Map<Element, Waiting>()
const reported = new Set<string>()
let observer: IntersectionObserver | null = null

/** Report a card as shown, once per slate, when it has been looked at. `null` reports nothing. */
export const vImpression: Directive<Element, Shown | null> = {
  mounted: (element, { value }) => {
    observe(element, value)
  },
  updated: (element, { value, oldValue }) => {
    const one = waiting.get(element)
    if (keyOf(value) !== keyOf(oldValue)) observe(element, value)
    else if (one && value) one.shown = value
  },
  beforeUnmount: forget,
}

function observe(element: Element, shown: Shown | null) {
  observer ??= begin()
  forget(element)
  if (!shown || reported.has(keyOf(shown))) return
  waiting.set(element, { shown, clock: null })
  // Observing anew asks for the present state, also of a card that is in view already.
  observer.observe(element)
}

function begin(): IntersectionObserver {
  // A window that nobody sees shows nothing, and the observer does not say so.
  document.addEventListener('visibilitychange', () => {
    for (const [element, { shown }] of [...waiting]) observe(element, shown)
  })
  return new IntersectionObserver(look, { threshold: share })
}

function forget(element: Element) {
  observer?.unobserve(element)
  stopClock(element)
  waiting.delete(element)
}

function stopClock(element: Element) {
  const one = waiting.get(element)
  if (!one?.clock) return
  clearTimeout(one.clock)
  one.clock = null
}

function look(entries: IntersectionObserverEntry[]) {
  for (const { target, isIntersecting, intersectionRatio } of entries) {
    const one = waiting.get(target)
    stopClock(target)
    if (!one || !isIntersecting || intersectionRatio < share) continue
    if (document.visibilityState === 'hidden') continue
    one.clock = setTimeout(() => {
      forget(target)
      report(one.shown)
    }, lookTime)
  }
}

function report(shown: Shown) {
  if (reported.has(keyOf(shown))) return
  reported.add(keyOf(shown))
  track({ type: 'impression', ...shown })
}

function keyOf(shown: Shown | null | undefined): string {
  return shown ? `${shown.slate} ${shown.listing_id}` : ''
}
