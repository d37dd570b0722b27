import { useQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, ref, toValue } from 'vue'
import { facets, tradeOffs } from '@/api/client'
import { toProblem } from '@/api/http'
import type { Toward } from '@/api/schema'
import { usePlace } from './usePlace'

export const directions = [
  'cheaper',
  'newer',
  'fewer_km',
  'closer',
  'more_powerful',
] as const satisfies readonly Toward[]

/** Cars much like one that are better in one respect; which, the shopper says. */
export function useTradeOffs(id: MaybeRefOrGetter<number>) {
  const { here, named, failure, asking, locate, stand } = usePlace()
  const toward = ref<Toward>('cheaper')
  const nowhere = computed(() => toward.value === 'closer' && here.value === null)

  const { data, error, isPending, refetch } = useQuery({
    queryKey: computed(() => ['trade-offs', toValue(id), toward.value, here.value]),
    queryFn: ({ signal }) => tradeOffs(toValue(id), toward.value, here.value, signal),
    enabled: () => !nowhere.value,
  })

  /** Where the browser does not say where we are, the shopper may. */
  const choosing = computed(
    () => toward.value === 'closer' && (named.value !== null || (nowhere.value && !!failure.value)),
  )
  const { data: regions } = useQuery({
    queryKey: ['facets', 'places'],
    queryFn: async ({ signal }) => (await facets({}, signal)).regions,
    enabled: choosing,
    staleTime: Infinity,
  })
  const places = computed(() =>
    (regions.value ?? [])
      .flatMap(({ name, latitude, longitude }) =>
        latitude === null || longitude === null ? [] : [{ name, latitude, longitude }],
      )
      .sort((one, other) => one.name.localeCompare(other.name)),
  )

  function standAt(name: string) {
    const place = places.value.find((one) => one.name === name)
    if (place) stand(name, { latitude: place.latitude, longitude: place.longitude })
  }

  function choose(next: Toward) {
    toward.value = next
    if (next === 'closer') void locate()
  }

  return {
    toward,
    choose,
    cars: data,
    problem: computed(() => error.value && toProblem(error.value)),
    /** Why there are no closer cars to show, null where that is not what is missing. */
    lost: computed(() => (nowhere.value ? failure.value : null)),
    /** The places to choose from, null where there is nothing to choose. */
    places: computed(() => (choosing.value && places.value.length > 0 ? places.value : null)),
    /** The one chosen. */
    standing: named,
    standAt,
    waiting: computed(() => (nowhere.value ? asking.value : isPending.value)),
    retry: () => void refetch(),
  }
}
