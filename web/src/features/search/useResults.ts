import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { type Ref, computed, watch } from 'vue'
import { toProblem } from '@/api/http'
import type { Card, Sort } from '@/api/schema'
import { type SearchState, isBare, keyOf } from '@/search/searchState'
import { track } from '@/tracking/tracking'
import { useReactions } from '@/tracking/useReactions'
import { currency, learnCurrency } from './currency'
import { type Part, partAfter } from './parts'
import { resultsOf } from './results'

/** The cars of a search, part by part. What was loaded stays as it was until the search changes. */
export function useResults(wanted: Ref<SearchState>, sort: Ref<Sort>, inSight: Ref<boolean>) {
  const { dismissed } = useReactions()
  const query = useInfiniteQuery(
    computed(() => ({
      ...resultsOf(wanted.value, sort.value),
      placeholderData: keepPreviousData,
      shallow: true,
    })),
  )

  const found = computed(() => query.data.value?.pages)
  const all = computed<readonly Card[]>(() => {
    const seen = new Set<number>()
    const cards = (found.value ?? []).flatMap(({ listings }) => listings)
    // Between two parts the order may have changed: no car comes twice.
    return cards.filter(({ id }) => !seen.has(id) && seen.add(id))
  })
  const cars = computed(() => all.value.filter(({ id }) => !dismissed.value.has(id)))
  const last = computed(() => found.value?.at(-1) ?? null)
  const problem = computed(() => (query.error.value ? toProblem(query.error.value) : null))
  /** What is shown is of the search before. */
  const old = computed(() => query.isPlaceholderData.value)

  watch(all, learnCurrency, { immediate: true })

  let recorded = ''
  /** A search counts once: not again for its other parts, another order or a second try. */
  watch(
    () => inSight.value && query.isSuccess.value && !old.value && wanted.value,
    (state) => {
      if (!state || isBare(state)) return
      const { filters } = state
      const asked = keyOf({ filters, sort: null, place: '' })
      if (asked === recorded) return
      recorded = asked
      track({ type: 'search', filters })
    },
    { immediate: true },
  )

  return {
    cars,
    hidden: computed(() => all.value.length - cars.value.length),
    parts: computed(() => (old.value ? 0 : (found.value?.length ?? 0))),
    total: computed(() => last.value?.total ?? null),
    nearest: computed(() => last.value?.nearest ?? []),
    currency,
    /** How many the next part would bring. */
    more: computed(() => {
      if (!query.hasNextPage.value) return 0
      const part = query.data.value?.pageParams.at(-1) as Part | undefined
      const total = last.value?.total ?? 0
      const next = part && partAfter(part, total)
      return next ? Math.min(next.limit, total - next.offset) : 0
    }),
    old,
    problem,
    loading: computed(() => query.isFetching.value),
    loadingMore: computed(() => query.isFetchingNextPage.value),
    loadMore: () => query.fetchNextPage({ cancelRefetch: false }),
    retry: () => {
      void (query.isFetchNextPageError.value ? query.fetchNextPage() : query.refetch())
    },
  }
}
