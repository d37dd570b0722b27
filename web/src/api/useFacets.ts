import { onMounted, shallowRef } from 'vue'
import { facets } from './client'
import type { Facets } from './schema'

const known = shallowRef<Facets | null>(null)

/** Return the values the search form offers; null until known. Without them the form still works. */
export function useFacets() {
  onMounted(async () => {
    if (known.value) return
    try {
      known.value = await facets()
    } catch {
      known.value = null
    }
  })
  return known
}
