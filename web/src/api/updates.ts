import { Problem, isAbort, sendRequest } from './http'
import { messageReader } from './sse'

/** A car that has another price, or is for sale again. */
export interface Priced {
  id: number
  selling_price: number
}

export interface Listener {
  /** The newest version of the shopper's list: told when the line opens and on each change. */
  heard: (version: number) => void
  /** Told just before a version: the trace that it belongs to, if there is one. */
  traced?: (traceparent: string | undefined) => void
  /** Cars are no longer for sale, whoever shows them. */
  gone: (listings: readonly number[]) => void
  /** Cars have another price or are for sale again. */
  priced?: (cars: readonly Priced[]) => void
  /** There are messages to the shopper they have not seen, so many. */
  noticed?: (unseen: number) => void
  /** The line broke; it is opened again by itself. */
  broken: () => void
}

/** `current` is told once, when the line opens, so that nothing said meanwhile is missed. */
const told = ['current', 'updated']
/** The server says something every 15 s: a line this long without a word is dead, in milliseconds. */
const longestSilence = 45_000
const shortestPause = 1_000
const longestPause = 30_000

/**
 * Listen to the shopper's updates until the returned function is called.
 *
 * A broken line is opened again after 1, 2, 4 … 30 s (each up to a half shorter, so that many
 * pages do not come back at once), and so is one that has fallen silent. A refusal for good (401, 403, 404) ends the listening.
 */
export function listen(token: string, listener: Listener): () => void {
  const stopped = new AbortController()
  void keepListening(token, listener, stopped.signal)
  return () => {
    stopped.abort()
  }
}

async function keepListening(token: string, listener: Listener, signal: AbortSignal) {
  let pause = shortestPause
  while (!signal.aborted) {
    try {
      await readOnce(token, signal, listener, () => {
        pause = shortestPause
      })
    } catch (error) {
      if (isAbort(error)) return
      if (error instanceof Problem && !error.temporary) return
    }
    listener.broken()
    await sleep(pause * (1 - Math.random() / 2), signal)
    pause = Math.min(2 * pause, longestPause)
  }
}

async function readOnce(
  token: string,
  signal: AbortSignal,
  listener: Listener,
  opened: () => void,
): Promise<void> {
  const address = new URL('/api/v1/users/me/updates', window.location.origin)
  const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` }
  const response = await sendRequest(new Request(address, { headers, signal }))
  if (!response.body) return
  opened()
  const read = messageReader()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const dead = setTimeout(() => void reader.cancel(), longestSilence)
    const { done, value } = await reader.read().finally(() => {
      clearTimeout(dead)
    })
    if (done) return
    for (const message of read(value)) {
      const said = dataOf(message.data)
      if (told.includes(message.event) && typeof said?.version === 'number') {
        listener.traced?.(isTraceparent(said.traceparent) ? said.traceparent : undefined)
        listener.heard(said.version)
      }
      if (message.event === 'notices' && typeof said?.unseen === 'number') {
        listener.noticed?.(said.unseen)
      }
      if (message.event === 'gone' && Array.isArray(said?.listings)) {
        listener.gone(said.listings.filter((id) => typeof id === 'number'))
      }
      if (message.event === 'priced' && Array.isArray(said?.listings)) {
        listener.priced?.(said.listings.filter(isPriced))
      }
    }
  }
}

interface Said {
  version?: unknown
  traceparent?: unknown
  unseen?: unknown
  listings?: unknown[]
}

function isTraceparent(said: unknown): said is string {
  return typeof said === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(said)
}

function isPriced(said: unknown): said is Priced {
  const { id, selling_price: price } = (said ?? {}) as Partial<Priced>
  return typeof id === 'number' && typeof price === 'number'
}

function dataOf(data: string): Said | null {
  try {
    return JSON.parse(data) as Said | null
  } catch {
    return null
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
