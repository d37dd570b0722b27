/** Where the shopper is: asked for only when something needs it, kept as long as the page. */

import { readonly, shallowRef } from 'vue'

export interface Place {
  latitude: number
  longitude: number
}

const here = shallowRef<Place | null>(null)
/** What a place is called that was chosen from a list; null for where the browser says we are. */
const named = shallowRef<string | null>(null)
/** Why there is none: the browser was told not to say, or does not know. */
const failure = shallowRef<'refused' | 'unknown' | null>(null)
const asking = shallowRef(false)

async function locate(): Promise<Place | null> {
  if (here.value || asking.value) return here.value
  asking.value = true
  failure.value = null
  try {
    const { coords } = await new Promise<GeolocationPosition>((resolve, reject) => {
      navigator.geolocation.getCurrentPosition(resolve, reject, {
        maximumAge: 10 * 60_000,
        timeout: 15_000,
      })
    })
    // Two decimals are about a kilometre: enough to say how far a car is.
    const round = (degrees: number) => Math.round(degrees * 100) / 100
    here.value = { latitude: round(coords.latitude), longitude: round(coords.longitude) }
  } catch (error) {
    const refused = (error as Partial<GeolocationPositionError>).code === 1
    failure.value = refused ? 'refused' : 'unknown'
  } finally {
    asking.value = false
  }
  return here.value
}

/** Be somewhere, as the shopper says. */
function stand(name: string, place: Place) {
  here.value = place
  named.value = name
}

export function usePlace() {
  return {
    here: readonly(here),
    named: readonly(named),
    failure: readonly(failure),
    asking: readonly(asking),
    locate,
    stand,
  }
}
