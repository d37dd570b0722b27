import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type Ref, computed } from 'vue'
import { facets, refinements } from '@/api/client'
import { type SearchState, everything, keyOf } from '@/search/searchState'
import { who } from '@/session/session'

const suggested = 6

/** Degrees by which two middles of one region differ at most: cars come and go. */
const near = 0.02
/** Places stay where they are. */
const longFresh = 10 * 60_000

/** What the filters offer under the present ones, and which one to suggest next. */
export function useFilters(wanted: Ref<SearchState>, enabled: Ref<boolean>) {
  const key = computed(() => keyOf({ ...everything, filters: wanted.value.filters }))
  const offered = useQuery({
    queryKey: ['facets', key],
    queryFn: ({ signal }) => facets(wanted.value.filters, signal),
    placeholderData: keepPreviousData,
    enabled,
    shallow: true,
  })
  const next = useQuery({
    queryKey: ['refinements', who, key],
    queryFn: ({ signal }) => refinements(wanted.value.filters, suggested, signal),
    placeholderData: keepPreviousData,
    enabled,
    shallow: true,
    // Without suggestions the filters still work.
    retry: false,
  })
  /** Of all cars: other places must stay in reach from within one. */
  const anywhere = useQuery({
    queryKey: ['facets', keyOf(everything)],
    queryFn: ({ signal }) => facets({}, signal),
    staleTime: longFresh,
    enabled,
    shallow: true,
  })
  const places = computed(() =>
    (anywhere.data.value?.regions ?? []).flatMap(({ name, latitude, longitude }) =>
      latitude === null || longitude === null ? [] : [{ name, latitude, longitude }],
    ),
  )

  /** The search with the name of its place, where an address says only where that is. */
  const named = computed<SearchState>(() => {
    const state = wanted.value
    const { near_latitude: latitude, near_longitude: longitude } = state.filters
    if (state.place || latitude === undefined || longitude === undefined) return state
    const known = places.value.find(
      (one) =>
        Math.abs(one.latitude - latitude) < near && Math.abs(one.longitude - longitude) < near,
    )
    return known ? { ...state, place: known.name } : state
  })

  return {
    named,
    places,
    facets: computed(() => offered.data.value ?? null),
    refinements: computed(() => next.data.value ?? null),
  }
}
