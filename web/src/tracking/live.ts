/**
 * One line to the server for the whole page, open while the window is seen: a browser allows only a
 * few lines to one server.
 */

import { watch } from 'vue'
import { type Listener, listen } from '@/api/updates'
import { current, token } from '@/session/session'

const listeners = new Set<Partial<Listener>>()
let stop: () => void = () => undefined
let newest = 0
let open = false

/** Whether the line is open, so that nothing is missed. */
export function listening(): boolean {
  return open
}

/** Hear what the server says until the returned function is called; the newest version at once. */
export function onLive(listener: Partial<Listener>): () => void {
  listeners.add(listener)
  if (open) listener.heard?.(newest)
  return () => {
    listeners.delete(listener)
  }
}

/** Follow the session and the window. Returns the end. */
export function startLive(): () => void {
  const unwatch = watch(() => current.value?.token, follow, { immediate: true, flush: 'post' })
  document.addEventListener('visibilitychange', follow)
  return () => {
    unwatch()
    document.removeEventListener('visibilitychange', follow)
    hangUp()
  }
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
    heard(version) {
      open = true
      newest = version
      for (const listener of listeners) listener.heard?.(version)
    },
    gone(listings) {
      for (const listener of listeners) listener.gone?.(listings)
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
