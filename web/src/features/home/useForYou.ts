import { computed, onActivated, onBeforeUnmount, onDeactivated, shallowRef, watch } from 'vue'
import { popular, recommendations } from '@/api/client'
import type { DismissReason } from '@/api/schema'
import { listen } from '@/api/updates'
import { useLoad } from '@/api/useLoad'
import { current, token } from '@/session/session'
import { useReactions } from '@/tracking/useReactions'
import {
  type Slate,
  outdated,
  personalSlate,
  popularSlate,
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
  const { dismissed, dismiss } = useReactions()
  const { state, load } = useLoad<Slate>(fetchSlate)
  const newest = shallowRef(0)
  const waiting = computed(() => outdated(state.value.data, newest.value))
  let outOfSight = false
  let listening = false
  let stop: () => void = () => undefined

  async function fetchSlate(signal: AbortSignal): Promise<Slate> {
    const mine = token()
    if (!mine) return popularSlate(await popular(shownLength, signal))
    const answer = await recommendations(shownLength + spareLength, mine, signal)
    return personalSlate(answer, dismissed.value)
  }

  function follow(mine: string) {
    let before = false
    stop = listen(mine, {
      updated(version) {
        newest.value = Math.max(newest.value, version)
        if (outOfSight && waiting.value) void load()
      },
      opened() {
        listening = true
        if (before) void peek(mine)
        before = true
      },
      closed() {
        listening = false
      },
    })
  }

  /** Ask for the version alone: an update may have passed while the line was broken. */
  async function peek(mine: string) {
    const answer = await recommendations(1, mine).catch(() => null)
    if (answer && mine === token()) newest.value = Math.max(newest.value, answer.version)
  }

  watch(
    () => current.value?.token,
    (mine) => {
      stop()
      listening = false
      newest.value = 0
      void load({ fresh: true })
      if (mine) follow(mine)
    },
    { immediate: true },
  )
  watch(dismissed, (ids) => {
    const { status, data } = state.value
    if (status !== 'ready') return
    const hidden = data.shown.filter((card) => ids.has(card.id))
    const next = hidden.reduce((slate, card) => without(slate, card.id), data)
    state.value = { status, data: next, error: null }
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
    stop()
  })

  return {
    state,
    waiting,
    reload: () => load(),
    apply: () => load(),
    dismiss: (id: number, reason: DismissReason) => {
      dismiss(id, reason)
    },
  }
}
