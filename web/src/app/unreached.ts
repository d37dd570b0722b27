/** Pages whose program does not come: without a connection, or because another release is out. */

import { shallowRef } from 'vue'
import type { RouteLocationNormalized, Router } from 'vue-router'
import { isServed } from '@/api/http'

const place = 'carousel.loaded'
/** An address is not loaded anew twice within so many milliseconds. */
const pause = 10_000

/** Where the shopper wanted to go and could not; null where they are there. */
export const unreached = shallowRef<RouteLocationNormalized | null>(null)

/** Note where a router could not go, or load the page anew there if the server has another one. */
export function followRouter(router: Router): void {
  router.onError(async (_error, to) => {
    if (navigator.onLine && mayLoad(to.fullPath) && (await isServed(to.fullPath))) {
      window.location.assign(to.fullPath)
    } else {
      unreached.value = to
    }
  })
  router.afterEach((_to, _from, failure) => {
    if (!failure) unreached.value = null
  })
}

/** Return whether an address has not been loaded anew just now, and note that it is. */
function mayLoad(address: string): boolean {
  try {
    const { at, where } = JSON.parse(sessionStorage.getItem(place) ?? '{}') as {
      at?: number
      where?: string
    }
    if (where === address && Date.now() - (at ?? 0) < pause) return false
    sessionStorage.setItem(place, JSON.stringify({ at: Date.now(), where: address }))
    return true
  } catch {
    // Without a memory it might never end.
    return false
  }
}
