import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, toValue } from 'vue'
import { carsById } from '@/api/client'
import { toProblem } from '@/api/http'
import type { Card } from '@/api/schema'

/** The most cars one request may ask for. */
const most = 100

/** Ask for any number of cars, in as many requests as that takes. */
async function every(ids: readonly number[], signal: AbortSignal): Promise<Card[]> {
  const parts: number[][] = []
  for (let at = 0; at < ids.length; at += most) parts.push(ids.slice(at, at + most))
  return (await Promise.all(parts.map((part) => carsById(part, signal)))).flat()
}

/** Some cars of any status, in the order asked; while that changes the former ones stay. */
export function useCars(ids: MaybeRefOrGetter<readonly number[]>) {
  const wanted = computed(() => [...toValue(ids)])
  const query = useQuery({
    queryKey: computed(() => ['cars', wanted.value]),
    queryFn: ({ signal }) => every(wanted.value, signal),
    placeholderData: keepPreviousData,
  })
  return {
    cars: computed(() => query.data.value?.filter(({ id }) => wanted.value.includes(id))),
    problem: computed(() => (query.error.value ? toProblem(query.error.value) : null)),
    again: () => void query.refetch(),
  }
}
