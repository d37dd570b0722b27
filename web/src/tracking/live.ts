/**
 * One line to the server for the whole page, open while the window is seen: a browser allows only a
 * few lines to one server.
 */

import { effectScope, watch } from 'vue'
import { type Listener, listen } from '@/api/updates'
import { current, token } from '@/session/session'

/** What the page may hear; `opened`: the line is there (again), and what was said before was missed. */
type Hearing = Partial<Listener> & { opened?: () => void }

const listeners = new Set<Hearing>()
let stop: () => void = () => undefined
let unwatch: () => void = () => undefined
let newest = 0
let open = false

/** Whether the line is open, so that nothing is missed. */
export function listening(): boolean {
  return open
}

/** Hear what the server says until the returned function is called; the newest version at once. */
export function onLive(listener: Hearing): () => void {
  listeners.add(listener)
  if (listeners.size === 1) begin()
  else if (open) listener.heard?.(newest)
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) end()
  }
}

/** Follow the session and the window as long as somebody listens. */
function begin() {
  // It outlives the component that happens to listen first.
  const scope = effectScope(true)
  scope.run(() => {
    watch(() => current.value?.token, follow, { immediate: true, flush: 'post' })
  })
  unwatch = () => {
    scope.stop()
  }
  document.addEventListener('visibilitychange', follow)
}

function end() {
  unwatch()
  document.removeEventListener('visibilitychange', follow)
  hangUp()
}

function hangUp() {
  stop()
  stop = () => undefined
  open = false
  newest = 0
}

function follow() {
  hangUp()
  const mine = token()
  if (!mine || document.visibilityState === 'hidden') return
  stop = listen(mine, {
    traced(traceparent) {
      for (const listener of listeners) listener.traced?.(traceparent)
    },
    heard(version) {
      const opened = !open
      open = true
      newest = version
      if (opened) for (const listener of listeners) listener.opened?.()
      for (const listener of listeners) listener.heard?.(version)
    },
    gone(listings) {
      for (const listener of listeners) listener.gone?.(listings)
    },
    priced(cars) {
      for (const listener of listeners) listener.priced?.(cars)
    },
    noticed(unseen) {
      for (const listener of listeners) listener.noticed?.(unseen)
    },
    broken() {
      open = false
      for (const listener of listeners) listener.broken?.()
    },
  })
}
