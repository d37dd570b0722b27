/**
 * What the shopper saved and hid. A press counts here at once; the server follows a moment later.
 *
 * Until the server confirms a press it is remembered for this tab, so that a reload in between
 * shows what was pressed and not what the server still believes. The other windows of the browser
 * hear of it at once.
 */

import { readonly, shallowRef, watch } from 'vue'
import { reactions } from '@/api/client'
import { Problem, toProblem } from '@/api/http'
import type { DismissReason } from '@/api/schema'
import { current, token, who } from '@/session/session'
import { track } from './tracking'

/** Why a car was hidden, and when: an undo has to say both. */
export interface Hidden {
  reason: DismissReason
  at: string
}

/** What was pressed about one car; `hidden` is null for one that was taken back. */
interface Pressed {
  saved?: boolean
  hidden?: Hidden | null
}

const place = 'carousel.pressed.'
/** Where a press passes by on its way to the other windows; nothing stays there. */
const passage = 'carousel.press'
const favourites = shallowRef<ReadonlySet<number>>(new Set())
const dismissed = shallowRef<ReadonlySet<number>>(new Set())
let pressed = new Map<number, Pressed>()
/** Whether the server has told what was saved and hidden before, or why it has not. */
const told = shallowRef(false)
const failure = shallowRef<Problem | null>(null)
const tries = 3
type Told = Awaited<ReturnType<typeof reactions>>

/** Follow the session: fetch what the shopper saved and hid before. Returns the end. */
export function startReactions(): () => void {
  window.addEventListener('storage', hear)
  const retry = () => {
    if (failure.value) void refreshReactions()
  }
  window.addEventListener('online', retry)
  const unwatch = watch(
    () => current.value?.token,
    async (_now, before) => {
      // A press began this visit, so it is theirs.
      const early = before === undefined && current.value?.user === null ? pressed : []
      pressed = new Map([...remembered(), ...early])
      favourites.value = new Set()
      dismissed.value = new Set()
      told.value = false
      overlay()
      await refreshReactions()
    },
    { immediate: true },
  )
  return () => {
    unwatch()
    window.removeEventListener('online', retry)
    window.removeEventListener('storage', hear)
  }
}

/** Ask the server again, as after an event was forgotten there. */
export async function refreshReactions(): Promise<void> {
  const mine = token()
  failure.value = null
  if (!mine) {
    told.value = true
    return
  }
  const before = await asked(mine)
  if (mine !== token()) return
  if (before instanceof Problem) {
    failure.value = before
    return
  }
  told.value = true
  favourites.value = new Set(before.favourites)
  dismissed.value = new Set(before.dismissed)
  for (const [id, { saved, hidden }] of pressed) {
    const left: Pressed = {}
    if (saved !== undefined && saved !== favourites.value.has(id)) left.saved = saved
    if (hidden !== undefined && Boolean(hidden) !== dismissed.value.has(id)) left.hidden = hidden
    if (Object.keys(left).length > 0) pressed.set(id, left)
    else pressed.delete(id)
  }
  remember()
  overlay()
}

/** Return what the server says, or what kept it from that however often it was asked. */
async function asked(mine: string, left = tries): Promise<Told | Problem> {
  try {
    return await reactions(mine)
  } catch (error) {
    const problem = toProblem(error)
    const hopeless = !problem.temporary || problem.retryAfter !== null
    if (left === 1 || hopeless || mine !== token()) return problem
    await new Promise((next) => setTimeout(next, 500 * 2 ** (tries - left)))
    return asked(mine, left - 1)
  }
}

/** Lay what was pressed over what the server says. */
function overlay() {
  for (const [id, { saved, hidden }] of pressed) {
    if (saved !== undefined) favourites.value = changed(favourites.value, id, saved)
    if (hidden !== undefined) dismissed.value = changed(dismissed.value, id, Boolean(hidden))
  }
}

function changed(set: ReadonlySet<number>, id: number, there: boolean): ReadonlySet<number> {
  const next = new Set(set)
  if (there) next.add(id)
  else next.delete(id)
  return next
}

function press(id: number, what: Pressed) {
  note(id, what)
  try {
    localStorage.setItem(passage, JSON.stringify({ who: who.value, id, what }))
    localStorage.removeItem(passage)
  } catch {
    // Without storage the other windows hear of it when they are loaded anew.
  }
}

function note(id: number, what: Pressed) {
  pressed.set(id, { ...pressed.get(id), ...what })
  remember()
  overlay()
}

/** Note what the same shopper pressed in another window. */
function hear({ key, newValue }: StorageEvent) {
  if (key !== passage || newValue === null) return
  const said = JSON.parse(newValue) as { who: string; id: number; what: Pressed }
  if (said.who === who.value) note(said.id, said.what)
}

function toggleFavourite(id: number): boolean {
  const saved = !favourites.value.has(id)
  press(id, { saved })
  track({ type: saved ? 'favourite' : 'unfavourite', listing_id: id })
  return saved
}

function dismiss(id: number, reason: DismissReason) {
  const at = track({ type: 'dismiss', listing_id: id, reason })
  press(id, { hidden: { reason, at } })
}

/**
 * Take a dismissal back, as if it had never been. One of an earlier visit is no longer known here:
 * whoever lists it says when and why it was.
 */
function undismiss(id: number, earlier?: Hidden) {
  const was = pressed.get(id)?.hidden ?? earlier
  press(id, { hidden: null })
  track({
    type: 'undismiss',
    listing_id: id,
    ...(was ? { reason: was.reason, dismissed_at: was.at } : {}),
  })
}

/** Why a car was hidden on this page; null where nobody said so here. */
function hiddenFor(id: number): DismissReason | null {
  return pressed.get(id)?.hidden?.reason ?? null
}

function contact(id: number) {
  track({ type: 'contact', listing_id: id })
}

/** The shopper's saved and hidden cars, and the ways to react to one. */
export function useReactions() {
  return {
    favourites: readonly(favourites),
    dismissed: readonly(dismissed),
    /** Whether these are all; as long as not, or where that failed, there may be more. */
    known: readonly(told),
    failure: readonly(failure),
    again: () => void refreshReactions(),
    toggleFavourite,
    dismiss,
    undismiss,
    hiddenFor,
    contact,
  }
}

function remember() {
  try {
    if (pressed.size > 0) sessionStorage.setItem(place + who.value, JSON.stringify([...pressed]))
    else sessionStorage.removeItem(place + who.value)
  } catch {
    // Without storage it lasts as long as the page.
  }
}

function remembered(): [number, Pressed][] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place + who.value) ?? '[]') as unknown
    return Array.isArray(kept) ? (kept as [number, Pressed][]) : []
  } catch {
    return []
  }
}
