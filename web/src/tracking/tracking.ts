/** The only place that emits events. Who only looks leaves none: a visit begins with the first act. */

import { watch } from 'vue'
import { record } from '@/api/client'
import type { Event, Happening } from '@/api/schema'
import { admit, current, stay, who } from '@/session/session'
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

/** Events that wait for the visit to begin. */
let early: Event[] = []

async function begin(event: Event) {
  early.push(event)
  try {
    await admit()
  } catch {
    // The server does not answer: the visit begins with the next act, this one waits for it.
    return
  }
  const waiting = early
  early = []
  waiting.forEach(keep)
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
  const retry = () => void queue?.flush()
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
