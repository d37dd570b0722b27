import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, toValue } from 'vue'
import { carsById } from '@/api/client'
import { toProblem } from '@/api/http'

/** The most cars one request may ask for. */
const most = 100

/** Some cars of any status, in the order asked; while that changes the former ones stay. */
export function useCars(ids: MaybeRefOrGetter<readonly number[]>) {
  const wanted = computed(() => [...toValue(ids)].slice(0, most))
  const query = useQuery({
    queryKey: computed(() => ['cars', wanted.value]),
    queryFn: ({ signal }) => (wanted.value.length > 0 ? carsById(wanted.value, signal) : []),
    placeholderData: keepPreviousData,
  })
  return {
    cars: computed(() => query.data.value?.filter(({ id }) => wanted.value.includes(id))),
    problem: computed(() => (query.error.value ? toProblem(query.error.value) : null)),
    again: () => void query.refetch(),
  }
}
