import { useQueries } from '@tanstack/vue-query'
import { computed } from 'vue'
import { search } from '@/api/client'
import { type SearchState, everything, keyOf } from '@/search/searchState'
import { learnCurrency } from './currency'

/** As many searches are counted at once. */
const most = 12

/** Return how many cars each of some other searches finds: null while that is not known. */
export function useAlternatives(
  states: () => readonly SearchState[],
): (state: SearchState) => number | null {
  const asked = computed(() => states().slice(0, most))
  const totals = useQueries({
    queries: computed(() =>
      asked.value.map(({ filters }) => ({
        queryKey: ['count', keyOf({ ...everything, filters })],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const { listings, total } = await search({ ...filters, limit: 1 }, signal)
          learnCurrency(listings)
          return total
        },
        retry: false,
      })),
    ),
  })
  return (state) => {
    const at = asked.value.findIndex((one) => keyOf(one) === keyOf(state))
    return totals.value[at]?.data ?? null
  }
}
