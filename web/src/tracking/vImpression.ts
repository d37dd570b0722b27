import type { Directive } from 'vue'
import type { Impression } from '@/api/schema'
import { track } from './tracking'

export type Shown = Omit<Impression, 'type'>

/** Half of a card in view counts as shown. */
const share = 0.5

const showing = new WeakMap<Element, Shown>()
const reported = new Set<string>()
let observer: IntersectionObserver | null = null

/** Report a card as shown, once per slate, when it comes into view. `null` reports nothing. */
export const vImpression: Directive<Element, Shown | null> = {
  mounted: (element, { value }) => {
    observe(element, value)
  },
  updated: (element, { value, oldValue }) => {
    if (keyOf(value) !== keyOf(oldValue)) observe(element, value)
  },
  beforeUnmount: (element) => {
    observer?.unobserve(element)
  },
}

function observe(element: Element, shown: Shown | null) {
  observer ??= new IntersectionObserver(report, { threshold: share })
  // Observing anew asks for the present state, also of a card that is in view already.
  observer.unobserve(element)
  if (!shown) return
  showing.set(element, shown)
  observer.observe(element)
}

function report(entries: IntersectionObserverEntry[]) {
  for (const { target, isIntersecting } of entries) {
    const shown = isIntersecting && showing.get(target)
    if (!shown) continue
    observer?.unobserve(target)
    if (reported.has(keyOf(shown))) continue
    reported.add(keyOf(shown))
    track({ type: 'impression', ...shown })
  }
}

function keyOf(shown: Shown | null | undefined): string {
  return shown ? `${shown.slate} ${shown.listing_id}` : ''
}
