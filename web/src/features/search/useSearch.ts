import { computed, onActivated, onDeactivated, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Sort } from '@/api/schema'
import { type SearchState, fromQuery, keyOf, toQuery } from '@/search/searchState'
import { admit } from '@/session/session'
import { sortOf } from './results'

/** A search whose whole state is the page's address: changing it is going somewhere. */
export function useSearch() {
  const route = useRoute()
  const router = useRouter()
  /** Whether the page is the one that is looked at: it is kept alive behind others. */
  const inSight = ref(true)
  /** Where the address is about to go: a second change builds on the first. */
  let ahead: SearchState | null = null

  // The address of the page that covers this one is not its state.
  const query = computed<typeof route.query>((before) =>
    route.name === 'search' ? route.query : (before ?? {}),
  )
  const wanted = computed<SearchState>((before) => {
    const state = fromQuery(query.value)
    return before && keyOf(before) === keyOf(state) ? before : state
  })
  const sort = computed<Sort>(() => sortOf(wanted.value))

  async function go(state: SearchState) {
    ahead = state
    await router.push({ name: 'search', query: toQuery(state) })
    if (ahead === state) ahead = null
  }

  /** Change the search that is shown, or is about to be. */
  function change(how: (state: SearchState) => SearchState) {
    void go(how(ahead ?? wanted.value))
  }

  /** Put the cars in another order; the shopper's own needs somebody it can be of. */
  async function order(by: Sort) {
    // Without a server there is no order of their own either; the list says what is wrong.
    if (by === 'recommended') await admit().catch(() => undefined)
    change((state) => ({ ...state, sort: by }))
  }

  watch(wanted, () => {
    ahead = null
  })
  onDeactivated(() => {
    inSight.value = false
  })
  onActivated(() => {
    inSight.value = true
  })

  return { wanted, sort, inSight, change, order }
}
