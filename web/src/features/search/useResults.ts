import { hashKey, keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { type Ref, computed, reactive, watch } from 'vue'
import { toProblem } from '@/api/http'
import type { Card, Sort } from '@/api/schema'
import { type SearchState, isBare, keyOf } from '@/search/searchState'
import { track } from '@/tracking/tracking'
import { useReactions } from '@/tracking/useReactions'
import { currency, learnCurrency } from './currency'
import { type Part, partAfter } from './parts'
import { resultsOf } from './results'

/**
 * The cars of a search, part by part. What was loaded stays as it was until the search changes, but
 * for cars that the shopper hides: as many of the next part follow in.
 */
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
  const visible = computed(() => all.value.filter(({ id }) => !dismissed.value.has(id)))
  const last = computed(() => found.value?.at(-1) ?? null)
  const problem = computed(() => (query.error.value ? toProblem(query.error.value) : null))
  /** What is shown is of the search before. */
  const old = computed(() => query.isPlaceholderData.value)

  /** How many parts the shopper asked for, by search; one more may be there to fill up from. */
  const asked = reactive(new Map<string, number>())
  const key = computed<string>((before) =>
    old.value && before ? before : hashKey(resultsOf(wanted.value, sort.value).queryKey),
  )
  const loaded = computed(() => found.value?.length ?? 0)
  const parts = computed(() => Math.min(asked.get(key.value) ?? loaded.value, loaded.value))
  const params = computed(() => (query.data.value?.pageParams ?? []) as Part[])
  const room = computed(() =>
    params.value.slice(0, parts.value).reduce((sum, { limit }) => sum + limit, 0),
  )
  const cars = computed(() => visible.value.slice(0, room.value))
  const hidden = computed(() => all.value.length - visible.value.length)

  const short = () =>
    inSight.value &&
    !old.value &&
    !query.isFetching.value &&
    !query.error.value &&
    query.hasNextPage.value &&
    visible.value.length < room.value
  watch(
    short,
    (now) => {
      if (!now) return
      asked.set(key.value, parts.value)
      void query.fetchNextPage({ cancelRefetch: false })
    },
    { immediate: true },
  )

  async function loadMore() {
    asked.set(key.value, parts.value + 1)
    if (parts.value === loaded.value) await query.fetchNextPage({ cancelRefetch: false })
  }

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
    hidden,
    parts: computed(() => (old.value ? 0 : parts.value)),
    total: computed(() => last.value?.total ?? null),
    /** How many there are but for those that the shopper hid, as far as they are loaded. */
    left: computed(() => Math.max((last.value?.total ?? 0) - hidden.value, 0)),
    nearest: computed(() => last.value?.nearest ?? []),
    currency,
    /** How many the next part would bring. */
    more: computed(() => {
      const total = last.value?.total ?? 0
      const end = params.value.at(-1)
      const next = params.value[parts.value] ?? (end && partAfter(end, total))
      return next ? Math.max(Math.min(next.limit, total - hidden.value - cars.value.length), 0) : 0
    }),
    old,
    problem,
    loading: computed(() => query.isFetching.value),
    loadingMore: computed(() => query.isFetchingNextPage.value),
    loadMore,
    retry: () => {
      void (query.isFetchNextPageError.value ? query.fetchNextPage() : query.refetch())
    },
  }
}
