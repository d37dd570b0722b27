import { useQuery } from '@tanstack/vue-query'
import {
  computed,
  onActivated,
  onBeforeUnmount,
  onDeactivated,
  ref,
  shallowRef,
  toRaw,
  watch,
} from 'vue'
import { popular, recommendations } from '@/api/client'
import { toProblem } from '@/api/http'
import type { Card, Recommendations } from '@/api/schema'
import { usePlace } from '@/cards/usePlace'
import { current, token, who } from '@/session/session'
import { listening, onLive } from '@/tracking/live'
import { latestNews, withNews } from '@/tracking/liveCars'
import { useReactions } from '@/tracking/useReactions'
import {
  type Slate,
  alike,
  askedLength,
  continued,
  everyId,
  longer,
  newsOf,
  personalSlate,
  popularSlate,
  repriced,
  restored,
  step,
  without,
} from './slate'

/** So long after coming back to the page a change may still show by itself, in milliseconds. */
const returning = 2_000

type Answer = { who: string; asked: number } & (
  { mine: Recommendations } | { mine: null; popular: Card[] }
)

/**
 * The home page's list: the shopper's recommendations, or what is popular for who is nobody yet.
 *
 * A newer list never moves the cars someone is looking at: it is fetched, waits as `news`, and
 * `apply` shows it. While the page is out of sight, and just after coming back to it as long as the
 * list is `untouched`, it is shown at once.
 */
export function useForYou(untouched: () => boolean) {
  const { dismissed, hiddenFor } = useReactions()
  const { here } = usePlace()
  const slate = shallowRef<Slate | null>(null)
  const next = shallowRef<Slate | null>(null)
  const growing = ref(false)
  const newest = ref(0)
  let outOfSight = false
  let returned = -Infinity
  /** What changed the list last, for the request that this causes; another request is not its. */
  let cause: string | undefined

  const { data, error, isFetching, refetch } = useQuery({
    queryKey: computed(() => ['for-you', who.value]),
    queryFn: async ({ signal }): Promise<Answer> => {
      const whose = { who: who.value, asked: Date.now() }
      if (!token()) return { ...whose, mine: null, popular: await popular(askedLength, signal) }
      const traceparent = cause
      cause = undefined
      const mine = await recommendations(askedLength, {}, signal, [], traceparent)
      return { ...whose, mine }
    },
    staleTime: Infinity,
  })

  function slateOf(answer: Answer): Slate {
    const { who: whose, asked } = answer
    if (answer.mine) return personalSlate(answer.mine, dismissed.value, whose, asked)
    const left = answer.popular.filter(({ id }) => !dismissed.value.has(id))
    return popularSlate(left, whose, asked)
  }

  function show(one: Slate) {
    slate.value = one
    next.value = null
  }

  function adopt(answer: Answer) {
    const fresh = slateOf(toRaw(answer))
    const old = slate.value
    const mayMove = outOfSight || (performance.now() - returned < returning && untouched())
    // A visit has begun: what it changed is on its way, and until then the list stays.
    const begun = old?.who === 'nobody' && current.value?.user === null
    if (begun && !fresh.personal && !outOfSight) return
    if (!old || (old.who !== fresh.who && !begun) || mayMove) show(fresh)
    else if (alike(old, fresh)) show({ ...old, version: fresh.version, asked: fresh.asked })
    else next.value = fresh
  }

  watch(
    data,
    (answer) => {
      if (answer) adopt(answer)
    },
    { immediate: true },
  )

  const version = () => Math.max(slate.value?.version ?? 0, next.value?.version ?? 0)

  async function catchUp() {
    if (newest.value <= version()) return
    await refetch()
    // Told of another change meanwhile: what was asked for may be older.
    if (newest.value > version()) await refetch({ cancelRefetch: false })
  }

  const hangUp = onLive({
    traced(traceparent) {
      cause = traceparent
    },
    heard(version) {
      newest.value = Math.max(newest.value, version)
      void catchUp()
    },
    gone(listings) {
      change((one) => listings.reduce((slate, id) => without(slate, id), one))
    },
  })

  // Another price shows where the car stands; who came back hears here of what is gone meanwhile.
  watch(latestNews, (news) => {
    const gone = [...news].filter(([, { status }]) => status !== 'active').map(([id]) => id)
    change((one) =>
      repriced(
        gone.reduce((left, id) => without(left, id), one),
        (car) => withNews(car, news.get(car.id)),
      ),
    )
  })

  function change(how: (one: Slate) => Slate) {
    if (slate.value) slate.value = how(slate.value)
    if (next.value) next.value = how(next.value)
  }

  watch(
    () => current.value?.token,
    (_, before) => {
      newest.value = 0
      next.value = null
      const begun = before === undefined && current.value?.user === null
      if (!begun) slate.value = data.value?.who === who.value ? slateOf(data.value) : null
    },
  )
  watch(dismissed, (now, before) => {
    const back = [...before].filter((id) => !now.has(id))
    change((one) => {
      const left = [...now].reduce(
        (slate, id) => without(slate, id, hiddenFor(id), here.value),
        one,
      )
      return back.reduce(restored, left)
    })
  })
  onDeactivated(() => {
    outOfSight = true
  })
  onActivated(() => {
    if (!outOfSight) return
    outOfSight = false
    returned = performance.now()
    if (next.value) show(next.value)
    // Without the line nobody told us of a change, so coming back asks.
    if (token() && !listening()) void refetch()
  })
  onBeforeUnmount(hangUp)

  /** Show more of the list, and see to it that there are spare cars left. */
  async function more() {
    const old = slate.value
    if (!old || growing.value) return
    growing.value = true
    try {
      const wanting = old.spare.length < 2 * step && old.who !== 'nobody'
      const ids = everyId(old)
      const answer = wanting ? await recommendations(askedLength, {}, null, ids) : null
      if (slate.value) slate.value = longer(answer ? continued(slate.value, answer) : slate.value)
    } catch {
      if (slate.value) slate.value = longer(slate.value)
    } finally {
      growing.value = false
    }
  }

  return {
    slate,
    problem: computed(() => (error.value ? toProblem(error.value) : null)),
    fetching: isFetching,
    /** What a newer list brings that waits to be shown, null while there is none. */
    news: computed(() => slate.value && next.value && newsOf(slate.value, next.value)),
    apply: () => {
      if (next.value) show(next.value)
    },
    reload: () => void refetch(),
    hasMore: computed(() => (slate.value?.spare.length ?? 0) > 0),
    growing,
    more,
  }
}
