import { useQuery } from '@tanstack/vue-query'
import { computed, onActivated } from 'vue'
import { views } from '@/api/client'
import { current, who } from '@/session/session'
import { useReactions } from '@/tracking/useReactions'

const length = 24

/** The cars the shopper opened last, without those they hid. */
export function useRecent() {
  const { dismissed } = useReactions()
  const { data, refetch } = useQuery({
    queryKey: computed(() => ['views', who.value, length]),
    queryFn: ({ signal }) => views(length, signal),
    enabled: () => current.value !== null,
    staleTime: 0,
  })
  onActivated(() => {
    if (current.value) void refetch()
  })
  return computed(() =>
    (data.value ?? [])
      .filter(({ car }) => !dismissed.value.has(car.id))
      .map(({ car, at }) => ({ ...car, at })),
  )
}
