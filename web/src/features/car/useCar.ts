import { useQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, toValue, watch } from 'vue'
import { appraisal, detail, similar } from '@/api/client'
import { toProblem } from '@/api/http'
import { track } from '@/tracking/tracking'

const similarLength = 12

/** One car, the cars like it, and what it should cost. Opening it counts as one view, however often loading is tried. */
export function useCar(id: MaybeRefOrGetter<number>) {
  const wanted = computed(() => toValue(id))
  const car = useQuery({
    queryKey: computed(() => ['car', wanted.value]),
    queryFn: ({ signal }) => detail(wanted.value, signal),
    // Whoever opens a car wants to know whether it is still for sale.
    staleTime: 0,
  })
  const alike = useQuery({
    queryKey: computed(() => ['similar', wanted.value]),
    queryFn: ({ signal }) => similar(wanted.value, similarLength, signal),
  })
  const worth = useQuery({
    queryKey: computed(() => ['price', wanted.value]),
    queryFn: ({ signal }) => appraisal(wanted.value, signal),
  })

  let viewed = 0
  watch(
    car.data,
    (known) => {
      if (!known || known.id !== wanted.value || viewed === known.id) return
      viewed = known.id
      track({ type: 'view', listing_id: known.id })
    },
    { immediate: true },
  )

  return {
    car: car.data,
    problem: computed(() =>
      car.error.value && !car.data.value ? toProblem(car.error.value) : null,
    ),
    /** Ask again for all that did not come. */
    again: () => {
      for (const part of [car, alike, worth]) if (part.isError.value) void part.refetch()
    },
    alike: alike.data,
    worth: worth.data,
    reckoning: worth.isPending,
    unjudged: computed(() => (worth.error.value ? toProblem(worth.error.value) : null)),
  }
}
