/**
 * When this browser was here before: kept in it alone and told to nobody. Who only looks leaves not
 * even that.
 */

import { current } from '@/session/session'

const place = 'carousel.visited'
/** Whoever was away for longer begins a new visit, in milliseconds. */
const pause = 30 * 60_000

interface Visits {
  /** When the visit before this one ended. */
  before: number | null
  /** When this one was last seen. */
  last: number
}

let known: Visits | null = null

/** Return when the visit before this one ended, in milliseconds; null on the first. */
export function lastVisit(): number | null {
  known ??= begin(Date.now())
  return known.before
}

function begin(now: number): Visits {
  const kept = read()
  const visits = kept && now - kept.last > pause ? { before: kept.last, last: now } : kept
  const mine = visits ?? { before: null, last: now }
  const note = () => {
    if (current.value) write({ ...mine, last: Date.now() })
  }
  note()
  window.addEventListener('pagehide', note)
  document.addEventListener('visibilitychange', note)
  return mine
}

function read(): Visits | null {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? 'null') as Partial<Visits> | null
    if (typeof kept?.last !== 'number') return null
    return { before: typeof kept.before === 'number' ? kept.before : null, last: kept.last }
  } catch {
    return null
  }
}

function write(visits: Visits) {
  try {
    localStorage.setItem(place, JSON.stringify(visits))
  } catch {
    // Without storage each visit is the first.
  }
}
