import { useQuery } from '@tanstack/vue-query'
import { computed, onActivated } from 'vue'
import { savedSearches } from '@/api/client'
import { current, who } from '@/session/session'

/** The shopper's saved searches that find cars they have not seen, each with its address. */
export function useSearchNews() {
  const { data, refetch } = useQuery({
    queryKey: computed(() => ['searches', who.value]),
    queryFn: ({ signal }) => savedSearches(signal),
    enabled: () => current.value !== null,
  })
  onActivated(() => {
    if (current.value) void refetch()
  })
  return computed(() =>
    (data.value ?? [])
      .filter((one) => one.new > 0)
      .map((one) => ({ ...one, query: addressOf(one.filters) })),
  )
}

function addressOf(filters: object): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(filters).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  )
}
