import { useQueryClient } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, shallowRef, toValue, watch } from 'vue'
import { verdicts } from '@/api/client'
import type { CarVerdict, Verdict } from '@/api/schema'

/** What is thought of a price; the verdict is null where too little is known. */
export interface Judged {
  verdict: Verdict | null
}

/** The most cars one request may ask about. */
const most = 100

/**
 * Ask what is thought of the prices of a list's cars, in one request for all that are new to it.
 *
 * The function returned tells a car's verdict, null as long as it is not known.
 */
export function useVerdicts(
  ids: MaybeRefOrGetter<readonly number[]>,
): (id: number) => Judged | null {
  const queries = useQueryClient()
  const known = shallowRef<ReadonlyMap<number, CarVerdict>>(new Map())
  const asked = new Set<number>()

  async function ask(missing: number[]) {
    missing.forEach((id) => asked.add(id))
    try {
      const found = await queries.query({
        queryKey: ['verdicts', missing],
        queryFn: ({ signal }) => verdicts(missing, signal),
      })
      known.value = new Map([...known.value, ...found.map((one) => [one.id, one] as const)])
    } catch {
      // The cars stay without a verdict; the next change of the list asks for them again.
      missing.forEach((id) => asked.delete(id))
    }
  }

  watch(
    () => toValue(ids),
    (now) => {
      const missing = [...new Set(now)].filter((id) => !asked.has(id))
      for (let i = 0; i < missing.length; i += most) void ask(missing.slice(i, i + most))
    },
    { immediate: true },
  )

  return (id) => known.value.get(id) ?? null
}
