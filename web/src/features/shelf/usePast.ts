import { useQuery } from '@tanstack/vue-query'
import { computed, ref } from 'vue'
import { views } from '@/api/client'
import { toProblem } from '@/api/http'
import type { Viewed } from '@/api/schema'
import { current, who } from '@/session/session'

/** As many as the server tells. */
const length = 100
/** So many are shown at first, and more each time that is asked for. */
const step = 48

/** The cars the shopper opened, by day, the latest first; older ones when asked for. */
export function usePast() {
  const shown = ref(step)
  const query = useQuery({
    queryKey: computed(() => ['views', who.value, length]),
    queryFn: ({ signal }) => (current.value ? views(length, signal) : []),
    staleTime: 0,
  })
  return {
    days: computed(() => query.data.value && byDay(query.data.value.slice(0, shown.value))),
    /** How many of them are shown. */
    shown,
    more: computed(() => (query.data.value?.length ?? 0) > shown.value),
    older: () => {
      shown.value += step
    },
    problem: computed(() => (query.error.value ? toProblem(query.error.value) : null)),
    again: () => void query.refetch(),
  }
}

/** Return the cars under the day they were opened on, as the device counts days. */
export function byDay(viewed: readonly Viewed[]): { day: string; viewed: Viewed[] }[] {
  const days = new Map<string, Viewed[]>()
  for (const one of viewed) {
    const day = new Date(one.at).toDateString()
    days.set(day, [...(days.get(day) ?? []), one])
  }
  return [...days.values()].map((some) => ({ day: some[0]?.at ?? '', viewed: some }))
}
