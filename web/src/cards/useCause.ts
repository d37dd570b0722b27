import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, shallowRef, toValue } from 'vue'
import { carsById, forget, happened } from '@/api/client'
import type { Card, DoneEvent, Why } from '@/api/schema'
import { who } from '@/session/session'
import { refreshReactions } from '@/tracking/useReactions'

/** Something the shopper did that a reason goes back to. */
export interface Step {
  type: string
  at: string
  /** Of the event, by which it can be forgotten; null while it is looked for, or nowhere found. */
  event: string | null
  car: { id: number; brand: string; name: string } | null
  /** Of a search. */
  filters: NonNullable<DoneEvent['filters']> | null
}

/** How far back events are looked for, in pages. */
const deepest = 4
/** The reason's time went through a floating number. */
const tolerance = 2

/** The steps that a reason goes back to, and the way to forget one. */
export function useCause(why: MaybeRefOrGetter<Why>) {
  const queries = useQueryClient()
  const forgotten = shallowRef<ReadonlySet<string>>(new Set())
  const cause = computed(() => toValue(why).cause)

  const found = useQuery({
    queryKey: computed(() => ['events', who.value, 'cause', cause.value]),
    queryFn: ({ signal }) => lookUp(cause.value, signal),
    enabled: () => cause.value.length > 0,
    staleTime: Infinity,
  })
  const { mutate, isPending, isError } = useMutation({
    mutationFn: forget,
    onSuccess: (_, id) => {
      forgotten.value = new Set(forgotten.value).add(id)
      void refreshReactions()
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'events' || queryKey[2] !== 'cause',
      })
    },
  })

  return {
    steps: computed(
      () => found.data.value ?? cause.value.map((step) => told(step, undefined, new Map())),
    ),
    looking: computed(() => cause.value.length > 0 && found.isPending.value),
    forgotten,
    forget: (id: string) => {
      mutate(id)
    },
    busy: isPending,
    failed: isError,
  }
}

type CauseStep = Why['cause'][number]

/** Find the events behind steps, the latest pages first, and the cars of those that are older. */
async function lookUp(cause: readonly CauseStep[], signal: AbortSignal): Promise<Step[]> {
  const events: DoneEvent[] = []
  let before: string | undefined
  for (let page = 0; page < deepest; page += 1) {
    const { events: more, next } = await happened(before, signal)
    events.push(...more)
    if (next === null || cause.every((step) => eventOf(step, events))) break
    before = next
  }
  const unnamed = cause
    .filter((step) => !eventOf(step, events)?.car)
    .map(({ listing_id: id }) => id)
    .filter((id) => id !== undefined)
  const cars = unnamed.length > 0 ? await carsById([...new Set(unnamed)], signal) : []
  const byId = new Map(cars.map((car) => [car.id, car]))
  return cause.map((step) => told(step, eventOf(step, events), byId))
}

function told(
  { type, at, listing_id: id }: CauseStep,
  event: DoneEvent | undefined,
  cars: ReadonlyMap<number, Card>,
): Step {
  const car = event?.car ?? (id === undefined ? undefined : cars.get(id))
  return {
    type,
    at,
    event: event?.id ?? null,
    car: car ?? null,
    filters: event?.filters ?? null,
  }
}

function eventOf(step: CauseStep, events: readonly DoneEvent[]): DoneEvent | undefined {
  return events.find(
    ({ type, at, car }) =>
      type === step.type &&
      (step.listing_id === undefined || car?.id === step.listing_id) &&
      Math.abs(Date.parse(at) - Date.parse(step.at)) <= tolerance,
  )
}
