import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type Ref, computed } from 'vue'
import { facets, refinements } from '@/api/client'
import { type SearchState, keyOf } from '@/search/searchState'
import { who } from '@/session/session'

const suggested = 6

/** What the filters offer under the present ones, and which one to suggest next. */
export function useFilters(wanted: Ref<SearchState>, enabled: Ref<boolean>) {
  const key = computed(() => keyOf({ filters: wanted.value.filters, sort: null, place: '' }))
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
  return {
    facets: computed(() => offered.data.value ?? null),
    refinements: computed(() => next.data.value ?? null),
    /** Whether the counts are those of the search before. */
    old: computed(() => offered.isPlaceholderData.value),
  }
}
