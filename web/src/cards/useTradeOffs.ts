import { useQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, ref, toValue } from 'vue'
import { tradeOffs } from '@/api/client'
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
  const { here, failure, asking, locate } = usePlace()
  const toward = ref<Toward>('cheaper')
  const nowhere = computed(() => toward.value === 'closer' && here.value === null)

  const { data, error, isPending, refetch } = useQuery({
    queryKey: computed(() => ['trade-offs', toValue(id), toward.value, here.value]),
    queryFn: ({ signal }) => tradeOffs(toValue(id), toward.value, here.value, signal),
    enabled: () => !nowhere.value,
  })

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
    waiting: computed(() => (nowhere.value ? asking.value : isPending.value)),
    retry: () => void refetch(),
  }
}
