import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { recommendations, search } from '@/api/client'
import type { Card } from '@/api/schema'
import { current, who } from '@/session/session'
import { lastVisit } from '@/tracking/lastVisit'
import { useReactions } from '@/tracking/useReactions'

/** How many of the cars that fit best are looked through. */
export const near = 100
const most = 24

/**
 * The cars listed since the last visit: of those that fit the shopper best where their taste is
 * known, or else simply the newest. Nothing on a first visit.
 */
export function useSince() {
  const { dismissed } = useReactions()
  const since = lastVisit()
  const { data } = useQuery({
    queryKey: computed(() => ['since', who.value, since]),
    queryFn: async ({ signal }): Promise<{ cars: Card[]; fitting: boolean }> => {
      const listedSince = ({ listed_at: at }: Card) => Date.parse(at) > (since ?? 0)
      if (current.value) {
        const { recommended, personal } = await recommendations(near, {}, signal)
        const cars = recommended.filter(listedSince)
        if (personal && cars.length > 0) return { cars, fitting: true }
      }
      const { listings } = await search({ sort: 'newest', limit: most }, signal)
      return { cars: listings.filter(listedSince), fitting: false }
    },
    enabled: since !== null,
    staleTime: Infinity,
  })
  return {
    since,
    fitting: computed(() => data.value?.fitting ?? false),
    cars: computed(() =>
      (data.value?.cars ?? []).filter(({ id }) => !dismissed.value.has(id)).slice(0, most),
    ),
  }
}
