/**
 * Events on their way to the server: kept until it confirms them.
 *
 * Each event is stored under its own key, so that two tabs never overwrite each other. Both may
 * send the same event; its id makes it count once.
 */

import { Problem } from '@/api/http'
import type { Event } from '@/api/schema'

/** The most events one request carries; as many also fit the 64 kB a leaving page may send. */
export const batchSize = 50
const shortestPause = 1_000
const longestPause = 30_000

export interface Options {
  /** Keys in storage begin with it; one per shopper, so that nobody sends another's events. */
  prefix: string
  /** Resolves once the server holds the events; `leaving` asks to outlive the page. */
  send: (events: Event[], leaving: boolean) => Promise<void>
  storage: Storage
}

export interface Queue {
  /** Keep an event and send it within `delay` milliseconds. */
  add(event: Event, delay?: number): void
  /** Send what waits, now. Resolves when nothing waits or a failure asks for a pause. */
  flush(): Promise<void>
  /** The page may be going: send what waits in requests that outlive it. Keeps all in storage. */
  leave(): void
  /** Send nothing more from here; what waits stays in storage for the next visit. */
  close(): void
  /** How many events wait. */
  size(): number
}

export function createQueue({ prefix, send, storage }: Options): Queue {
  const waiting = new Map(stored(storage, prefix).map((event) => [event.id, event]))
  let timer: ReturnType<typeof setTimeout> | null = null
  let due = Infinity
  let pause = shortestPause
  let sending: Promise<void> | null = null
  let closed = false

  if (waiting.size > 0) schedule(0)

  function schedule(delay: number) {
    const at = Date.now() + delay
    if (closed || at >= due) return
    if (timer) clearTimeout(timer)
    due = at
    timer = setTimeout(() => void flush(), delay)
  }

  function done(events: Event[]) {
    for (const { id } of events) {
      waiting.delete(id)
      attempt(() => {
        storage.removeItem(prefix + id)
      })
    }
  }

  /**
   * Send one batch; halve a refused one until the event to blame is alone. That one gets a second
   * chance without its time, because this device's clock may be wrong, and is then dropped.
   */
  async function deliver(events: Event[]): Promise<void> {
    try {
      await send(events, false)
    } catch (error) {
      const wrong = error instanceof Problem && !error.temporary && error.status !== 401
      if (!wrong) throw error
      if (events.length > 1) {
        const half = Math.ceil(events.length / 2)
        await deliver(events.slice(0, half))
        await deliver(events.slice(half))
        return
      }
      if (events[0]?.occurred_at) {
        const undated = { ...events[0] }
        delete undated.occurred_at
        await deliver([undated])
        return
      }
    }
    done(events)
  }

  async function drain() {
    while (waiting.size > 0 && !closed) {
      try {
        await deliver([...waiting.values()].slice(0, batchSize))
        pause = shortestPause
      } catch (error) {
        // A refused session: the events wait in storage until this shopper signs in again.
        if (error instanceof Problem && error.status === 401) close()
        schedule(pause)
        pause = Math.min(2 * pause, longestPause)
        return
      }
    }
  }

  function flush(): Promise<void> {
    if (timer) clearTimeout(timer)
    timer = null
    due = Infinity
    sending ??= drain().finally(() => {
      sending = null
    })
    return sending
  }

  function close() {
    closed = true
    if (timer) clearTimeout(timer)
  }

  return {
    add(event, delay = 0) {
      waiting.set(event.id, event)
      attempt(() => {
        storage.setItem(prefix + event.id, JSON.stringify(event))
      })
      schedule(delay)
    },
    flush,
    leave() {
      const events = [...waiting.values()]
      for (let i = 0; i < events.length && !closed; i += batchSize) {
        const batch = events.slice(i, i + batchSize)
        send(batch, true).then(
          () => {
            done(batch)
          },
          () => {
            schedule(pause)
          },
        )
      }
    },
    close,
    size: () => waiting.size,
  }
}

/** Return the events a former page left behind, oldest first; unreadable ones are removed. */
function stored(storage: Storage, prefix: string): Event[] {
  const events: Event[] = []
  attempt(() => {
    const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i))
    for (const key of keys) {
      if (!key?.startsWith(prefix)) continue
      try {
        events.push(JSON.parse(storage.getItem(key) ?? '') as Event)
      } catch {
        storage.removeItem(key)
      }
    }
  })
  return events.sort((a, b) => (a.occurred_at ?? '').localeCompare(b.occurred_at ?? ''))
}

/** Use storage if it is there: a private window may refuse it, a full one may have no room. */
function attempt(work: () => void) {
  try {
    work()
  } catch {
    // The events are still held in memory.
  }
}
