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
  /** Of the latest event, by which it can be forgotten; null while looked for, or nowhere found. */
  event: string | null
  /** Of all events that say the same: only without all of them is it forgotten. */
  events: readonly string[]
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
    mutationFn: forgetAll,
    onSuccess: (_, id) => {
      forgotten.value = new Set(forgotten.value).add(id)
      void refreshReactions()
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'events' || queryKey[2] !== 'cause',
      })
    },
  })

  const steps = computed(() => found.data.value ?? told(cause.value, [], new Map()))

  /** Forget a step with everything earlier that says the same, however long ago. */
  async function forgetAll(id: string) {
    const step = steps.value.find(({ event }) => event === id)
    const all = new Set(step?.events ?? [id])
    if (step) {
      for await (const event of history()) if (saysTheSame(event, step)) all.add(event.id)
    }
    await Promise.all([...all].map((one) => forget(one)))
  }

  return {
    steps,
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
  for await (const event of history(signal)) {
    events.push(event)
    if (cause.every((step) => eventOf(step, events))) break
  }
  const unnamed = cause
    .filter((step) => !eventOf(step, events)?.car)
    .map(({ listing_id: id }) => id)
    .filter((id) => id !== undefined)
  const cars = unnamed.length > 0 ? await carsById([...new Set(unnamed)], signal) : []
  const byId = new Map(cars.map((car) => [car.id, car]))
  return told(cause, events, byId)
}

/** The events, the latest first, as far back as is worth looking. */
async function* history(signal: AbortSignal | null = null) {
  let before: string | undefined
  for (let page = 0; page < deepest; page += 1) {
    const { events, next } = await happened(before, signal)
    yield* events
    if (next === null) return
    before = next
  }
}

function saysTheSame({ type, at, car, filters }: DoneEvent, step: Step) {
  return (
    type === step.type &&
    Date.parse(at) <= Date.parse(step.at) + tolerance &&
    (step.filters ? JSON.stringify(filters) === JSON.stringify(step.filters) : isOf(car, step.car))
  )
}

const isOf = (car: DoneEvent['car'], about: Step['car']) => about !== null && car?.id === about.id

/** Steps of one kind in one unit are told once: the server counts them as one. */
function told(
  cause: readonly CauseStep[],
  events: readonly DoneEvent[],
  cars: ReadonlyMap<number, Card>,
): Step[] {
  const rows = new Map<string, Step>()
  for (const step of cause) {
    const { type, at, listing_id: id, unit } = step
    const event = eventOf(step, events)
    const row = rows.get(`${unit} ${type} ${id}`)
    const found = event ? [event.id] : []
    rows.set(`${unit} ${type} ${id}`, {
      type,
      at: row?.at ?? at,
      event: row?.event ?? event?.id ?? null,
      events: [...(row?.events ?? []), ...found],
      car: row?.car ?? event?.car ?? (id === undefined ? null : (cars.get(id) ?? null)),
      filters: row?.filters ?? event?.filters ?? null,
    })
  }
  return [...rows.values()]
}

function eventOf(step: CauseStep, events: readonly DoneEvent[]): DoneEvent | undefined {
  return events.find(
    ({ type, at, car }) =>
      type === step.type &&
      (step.listing_id === undefined || car?.id === step.listing_id) &&
      Math.abs(Date.parse(at) - Date.parse(step.at)) <= tolerance,
  )
}
