import { readonly, shallowRef, watch } from 'vue'
import { reactions } from '@/api/client'
import type { DismissReason } from '@/api/schema'
import { current } from '@/session/session'
import { track } from './tracking'

const favourites = shallowRef<ReadonlySet<number>>(new Set())
const dismissed = shallowRef<ReadonlySet<number>>(new Set())
/** Cars reacted to on this page: what the server says about them may be older. */
let touched = new Set<number>()

/** Follow the session: fetch what the shopper saved and dismissed before. Returns the end. */
export function startReactions(): () => void {
  return watch(() => current.value?.token, reload, { immediate: true })
}

async function reload(token: string | undefined) {
  touched = new Set()
  favourites.value = new Set()
  dismissed.value = new Set()
  if (!token) return
  const before = await reactions(token).catch(() => ({ favourites: [], dismissed: [] }))
  if (token !== current.value?.token) return
  const untouched = (id: number) => !touched.has(id)
  favourites.value = new Set([...favourites.value, ...before.favourites.filter(untouched)])
  dismissed.value = new Set([...dismissed.value, ...before.dismissed.filter(untouched)])
}

function toggleFavourite(id: number) {
  const next = new Set(favourites.value)
  const saved = !next.delete(id)
  if (saved) next.add(id)
  touched.add(id)
  favourites.value = next
  track({ type: saved ? 'favourite' : 'unfavourite', listing_id: id })
}

function dismiss(id: number, reason: DismissReason) {
  touched.add(id)
  dismissed.value = new Set(dismissed.value).add(id)
  track({ type: 'dismiss', listing_id: id, reason })
}

function contact(id: number) {
  track({ type: 'contact', listing_id: id })
}

/** The shopper's saved and dismissed cars, and the ways to react to one. */
export function useReactions() {
  return {
    favourites: readonly(favourites),
    dismissed: readonly(dismissed),
    toggleFavourite,
    dismiss,
    contact,
  }
}
