import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { happened } from '@/api/client'
import type { DismissReason } from '@/api/schema'
import { current, who } from '@/session/session'
import type { Hidden } from '@/tracking/useReactions'

/** Why and when cars were hidden, by id, as far back as the first page of the history goes. */
export function useHidings() {
  const query = useQuery({
    queryKey: computed(() => ['hidings', who.value]),
    queryFn: async ({ signal }) =>
      current.value ? (await happened(undefined, signal)).events : [],
    staleTime: 0,
  })
  return computed(() => {
    const found = new Map<number, Hidden>()
    for (const { type, reason, at, car } of query.data.value ?? []) {
      if (type !== 'dismiss' || !car || found.has(car.id)) continue
      found.set(car.id, { reason: (reason ?? 'other') as DismissReason, at })
    }
    return found
  })
}
