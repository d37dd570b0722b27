import { computed, onActivated, onBeforeUnmount, onDeactivated, shallowRef, watch } from 'vue'
import { popular, recommendations } from '@/api/client'
import { listen } from '@/api/updates'
import { useLoad } from '@/api/useLoad'
import { current, token } from '@/session/session'
import { useReactions } from '@/tracking/useReactions'
import {
  type Slate,
  outdated,
  personalSlate,
  popularSlate,
  restored,
  shownLength,
  spareLength,
  without,
} from './slate'

/**
 * The home page's list: the shopper's recommendations, or what is popular for a visitor.
 *
 * A newer version never moves the cars someone is looking at: `waiting` turns true and `apply`
 * shows it. While the page is out of sight it is applied at once.
 */
export function useForYou() {
  const { dismissed } = useReactions()
  const { state, load } = useLoad<Slate>(fetchSlate)
  const newest = shallowRef(0)
  const waiting = computed(() => outdated(state.value.data, newest.value))
  let outOfSight = false
  let listening = false
  let stop: () => void = () => undefined

  async function fetchSlate(signal: AbortSignal): Promise<Slate> {
    const mine = token()
    if (!mine) return popularSlate(await popular(shownLength, signal))
    const answer = await recommendations(shownLength + spareLength, {}, signal)
    return personalSlate(answer, dismissed.value)
  }

  /** Let spare cars step in for some that must not be shown any more. */
  function takeAway(ids: ReadonlySet<number>) {
    const { status, data } = state.value
    if (status !== 'ready') return
    const left = [...data.shown, ...data.spare].filter((card) => ids.has(card.id))
    const next = left.reduce((slate, card) => without(slate, card.id), data)
    state.value = { status, data: next, error: null }
  }

  function bringBack(ids: readonly number[]) {
    const { status, data } = state.value
    if (status !== 'ready') return
    state.value = { status, data: ids.reduce(restored, data), error: null }
  }

  /** Listen while the window is seen: a browser allows only a few lines to one server. */
  function follow() {
    stop()
    stop = () => undefined
    listening = false
    const mine = token()
    if (!mine || document.visibilityState === 'hidden') return
    stop = listen(mine, {
      heard(version) {
        listening = true
        newest.value = Math.max(newest.value, version)
        if (outOfSight && waiting.value) void load()
      },
      gone(listings) {
        takeAway(new Set(listings))
      },
      broken() {
        listening = false
      },
    })
  }

  watch(
    () => current.value?.token,
    () => {
      newest.value = 0
      void load({ fresh: true })
      follow()
    },
    { immediate: true },
  )
  document.addEventListener('visibilitychange', follow)
  watch(dismissed, (now, before) => {
    takeAway(now)
    bringBack([...before].filter((id) => !now.has(id)))
  })
  onDeactivated(() => {
    outOfSight = true
  })
  onActivated(() => {
    // Without the line nobody told us of a change, so coming back asks.
    if (outOfSight && token() && (waiting.value || !listening)) void load()
    outOfSight = false
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', follow)
    stop()
  })

  return {
    state,
    waiting,
    reload: () => load(),
    apply: () => load(),
  }
}
