/** The only place that emits events. Who only looks leaves none: a visit begins with the first act. */

import { readonly, shallowRef, watch } from 'vue'
import { record } from '@/api/client'
import type { Event, Happening } from '@/api/schema'
import { account, admit, current, stay, who } from '@/session/session'
import { createQueue, type Queue } from './queue'

/** What was merely shown may wait and travel together; what was done changes the list at once. */
const impressionDelay = 1_000

let queue: Queue | null = null

/** Record what the shopper did. Returns when it happened, as the event says it. */
export function track(happening: Happening): string {
  const at = new Date().toISOString()
  const event = { ...happening, id: newId(), occurred_at: at }
  if (current.value) keep(event)
  else if (happening.type !== 'impression') void begin(event)
  return at
}

const place = 'carousel.early'
const mostEarly = 200
const early = shallowRef<readonly Event[]>(stored())
/** What waits for a visit to begin: kept through a reload, and sent once there is a connection. */
export const unsent = readonly(early)

async function begin(event: Event) {
  store([...early.value, event].slice(-mostEarly))
  await beginVisit()
}

async function beginVisit() {
  try {
    await admit()
  } catch {
    // The server does not answer: the visit begins with the next act, or when it is back.
    return
  }
  const waiting = early.value
  store([])
  waiting.forEach(keep)
}

function store(events: readonly Event[]) {
  early.value = events
  try {
    if (events.length) localStorage.setItem(place, JSON.stringify(events))
    else localStorage.removeItem(place)
  } catch {
    // Without storage they last as long as the page.
  }
}

function stored(): Event[] {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? '[]') as unknown
    return Array.isArray(kept) ? (kept as Event[]) : []
  } catch {
    return []
  }
}

function keep(event: Event) {
  queue?.add(event, event.type === 'impression' ? impressionDelay : 0)
  stay()
}

/** Return an id nobody else makes. `crypto.randomUUID` is missing where a page comes over http. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Follow the session: one queue per shopper, bound to that shopper's token. Returns the end. */
export function startTracking(): () => void {
  const unwatch = watch(
    () => current.value?.token,
    () => {
      queue?.leave()
      queue?.close()
      queue = open()
    },
    { immediate: true, flush: 'sync' },
  )
  const leave = () => queue?.leave()
  const hide = () => {
    if (document.visibilityState === 'hidden') leave()
  }
  const retry = () => {
    // Whoever is signed in by now has not said that the visit before is theirs.
    if (early.value.length && !account.value) void beginVisit()
    void queue?.flush()
  }
  retry()
  window.addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', hide)
  window.addEventListener('online', retry)
  return () => {
    unwatch()
    queue?.close()
    queue = null
    window.removeEventListener('pagehide', leave)
    document.removeEventListener('visibilitychange', hide)
    window.removeEventListener('online', retry)
  }
}

function open(): Queue | null {
  const session = current.value
  if (!session) return null
  return createQueue({
    prefix: `carousel.event.${who.value}.`,
    send: (events, leaving) => record(events, session.token, leaving),
    storage: localStorage,
  })
}
