import { queryOptions } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { similar } from '@/api/client'

const length = 5

/** What to ask for the cars that come closest to one, with what they have otherwise. */
export function closestTo(id: MaybeRefOrGetter<number>) {
  return queryOptions({
    queryKey: ['closest', toValue(id)],
    queryFn: ({ signal }) => similar(toValue(id), length, signal),
  })
}
