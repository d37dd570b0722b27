import { computed, onActivated, onDeactivated, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { search } from '@/api/client'
import type { SearchResult } from '@/api/schema'
import { useLoad } from '@/api/useLoad'
import { current, who } from '@/session/session'
import { track } from '@/tracking/tracking'
import {
  type Field,
  type FieldValue,
  type SearchState,
  changed,
  fromQuery,
  toQuery,
  toRequest,
} from './searchState'

/** A search whose whole state is the page's address: changing it is going somewhere. */
export function useSearch() {
  const route = useRoute()
  const router = useRouter()
  const { state: result, load } = useLoad<SearchResult>((signal) =>
    search(toRequest(wanted.value), signal),
  )
  let recorded = ''
  let shown = ''
  let outOfSight = false
  /** Where the address is about to go: a second change builds on the first. */
  let ahead: SearchState | null = null

  // The page is kept alive while another is shown: that other page's address is not its state.
  const query = computed<typeof route.query>((before) =>
    route.name === 'search' ? route.query : (before ?? {}),
  )
  const wanted = computed<SearchState>(() => {
    const state = fromQuery(query.value)
    // An order for one shopper means nothing to a visitor.
    return state.sort === 'recommended' && !current.value ? { ...state, sort: 'newest' } : state
  })

  async function run() {
    const asked = wanted.value
    shown = JSON.stringify(asked)
    await load()
    if (result.value.status === 'ready' && wanted.value === asked) recordOnce(asked)
  }

  /** A search counts once: not again for its other pages, another order or a second try. */
  function recordOnce({ filters, page }: SearchState) {
    const key = JSON.stringify([who.value, filters])
    if (page > 1 || key === recorded || Object.keys(filters).length === 0) return
    recorded = key
    track({ type: 'search', filters })
  }

  watch(
    wanted,
    (now) => {
      if (!outOfSight && JSON.stringify(now) !== shown) void run()
    },
    { immediate: true },
  )
  onDeactivated(() => {
    outOfSight = true
  })
  onActivated(() => {
    outOfSight = false
    if (JSON.stringify(wanted.value) !== shown) void run()
  })

  function address(state: SearchState) {
    return { name: 'search', query: toQuery(state) }
  }

  async function go(state: SearchState) {
    ahead = state
    await router.push(address(state))
    if (ahead === state) ahead = null
  }

  function change(field: Field, value: FieldValue) {
    void go(changed(ahead ?? wanted.value, field, value))
  }

  return { wanted, result, rerun: run, address, go, change }
}
