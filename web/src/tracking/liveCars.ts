/**
 * What becomes of cars while pages show them: one that is sold, or has another price, is changed
 * where it stands, in every answer that is kept. Nothing moves.
 */

import { useQueryClient } from '@tanstack/vue-query'
import { onScopeDispose, shallowRef } from 'vue'
import { carsById } from '@/api/client'
import type { Card } from '@/api/schema'
import { onLive } from './live'

/** What may change of a car. */
export type News = Partial<Pick<Card, 'status' | 'selling_price'>>

/** As many as one request may ask about, and as many as are asked about when the line is back. */
const most = 100
const mostMissed = 300
/** An answer this much older than the line may have missed what was said, in milliseconds. */
const old = 5_000
/** The list of the start page has its own way to change: what is gone from it is replaced. */
const apart = 'for-you'

/** What was heard last, by the id of the car. */
export const latestNews = shallowRef<ReadonlyMap<number, News>>(new Map())

/** Listen for the whole page, as long as the component lives that asks. */
export function useLiveCars(): void {
  const queries = useQueryClient()

  function tell(news: ReadonlyMap<number, News>) {
    latestNews.value = news
    for (const { queryKey, state } of queries.getQueryCache().getAll()) {
      if (state.data === undefined || queryKey[0] === apart) continue
      const now = withCars(state.data, (car) => withNews(car, news.get(car.id)))
      if (now !== state.data) {
        queries.setQueryData(queryKey, now, { updatedAt: state.dataUpdatedAt })
      }
    }
    // Whoever looks at the car itself wants to know the rest too.
    for (const id of news.keys()) {
      void queries.invalidateQueries({ queryKey: ['car', id] })
      void queries.invalidateQueries({ queryKey: ['price', id] })
    }
  }

  /** Ask what has become of cars, and tell what is otherwise than it is shown. */
  async function ask(shown: ReadonlyMap<number, News>) {
    const ids = [...shown.keys()]
    for (let at = 0; at < ids.length; at += most) {
      const some = ids.slice(at, at + most)
      const found = await queries
        .query({ queryKey: ['now', some], queryFn: () => carsById(some), staleTime: 0, gcTime: 0 })
        .catch(() => [])
      const news = new Map<number, News>()
      for (const { id, status, selling_price } of found) {
        const before = shown.get(id)
        if (before?.status === status && before.selling_price === selling_price) continue
        news.set(id, { status, selling_price })
      }
      if (news.size > 0) tell(news)
    }
  }

  /** Return the cars that answers hold, as they hold them. */
  function held(which: (answer: { stale: boolean }) => boolean): Map<number, News> {
    const found = new Map<number, News>()
    for (const query of queries.getQueryCache().getAll()) {
      const stale = query.isActive() && query.state.dataUpdatedAt < Date.now() - old
      if (!which({ stale })) continue
      withCars(query.state.data, (car) => {
        found.set(car.id, car)
        return car
      })
    }
    return found
  }

  onScopeDispose(
    onLive({
      gone(ids) {
        const shown = held(() => true)
        void ask(new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id) ?? {}]] : []))))
      },
      priced(cars) {
        tell(
          new Map(cars.map(({ id, selling_price }) => [id, { selling_price, status: 'active' }])),
        )
      },
      opened() {
        void ask(new Map([...held(({ stale }) => stale)].slice(0, mostMissed)))
      },
    }),
  )
}

/** Return a car with what is new of it; the same one where that is nothing. */
export function withNews<Shown extends News>(car: Shown, news: News | undefined): Shown {
  const { status = car.status, selling_price = car.selling_price } = news ?? {}
  const same = status === car.status && selling_price === car.selling_price
  return same ? car : { ...car, ...('status' in car ? { status } : {}), selling_price }
}

type Shown = News & { id: number }

/** Return an answer with every car in it changed, wherever it stands; the same one if none was. */
function withCars(answer: unknown, change: (car: Shown) => Shown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  if (Array.isArray(answer)) {
    const now = answer.map((one) => withCars(one, change))
    return now.some((one, i) => one !== answer[i]) ? now : answer
  }
  if (isCar(answer)) return change(answer)
  const changed = Object.entries(answer).flatMap(([name, one]) => {
    const now = withCars(one, change)
    return now === one ? [] : [[name, now] as const]
  })
  return changed.length > 0 ? { ...answer, ...Object.fromEntries(changed) } : answer
}

function isCar(part: object): part is Shown {
  const { id, selling_price: price } = part as Partial<Record<string, unknown>>
  return typeof id === 'number' && typeof price === 'number'
}
