/**
 * Whose page this is: an account's, kept across visits, or a visitor's, kept while the visit lasts.
 *
 * A visitor is admitted when they first do something that counts; who only looks leaves nothing.
 */

import { computed, shallowRef } from 'vue'
import { admitVisitor, me, mergeVisitor, signIn as requestToken } from '@/api/client'
import { Problem, onBehalfOf, onRefusedToken, toProblem } from '@/api/http'
import type { User } from '@/api/schema'

export interface Session {
  token: string
  /** Null for a visitor. */
  user: User | null
}

interface Stored extends Session {
  /** When a visitor did something last, in milliseconds; after half an hour the visit is over. */
  seen?: number
}

/**
 * How it came that the session is another one: the server refused it, half an hour passed, the
 * shopper ended it here, or it was ended or begun in another window.
 */
export type Turn =
  | 'account_ended'
  | 'visit_ended'
  | 'visit_over'
  | 'signed_out'
  | 'signed_out_elsewhere'
  | 'signed_in_elsewhere'

const place = 'carousel.session'
const turned = 'carousel.ended'
const offered = 'carousel.merge'
const visitEnds = 30 * 60_000

const session = shallowRef<Session | null>(stored())
const turn = shallowRef<Turn | null>(session.value ? null : lastTurn())
const offer = shallowRef<string | null>(proposed())
let admitting: Promise<void> | null = null

/** The session of an account or a visitor, null for who has done nothing yet. */
export const current = computed(() => session.value)
/** The account that is signed in. */
export const account = computed(() => session.value?.user ?? null)
/** Whose answers these are: part of every query key that depends on the shopper. */
export const who = computed(() => {
  if (!session.value) return 'nobody'
  return session.value.user?.email ?? `visitor-${session.value.token.slice(-12)}`
})
/** What became of the session before; null where nothing did that is not known by now. */
export const lately = computed(() => turn.value)
/** Whether there is a visit that the account which has just signed in may take over. */
export const mayMerge = computed(() => offer.value !== null && account.value !== null)

/** The token for requests, null for who has done nothing yet. */
export function token(): string | null {
  return session.value?.token ?? null
}

/** Make sure that there is somebody to count for. Throws `Problem` when the server does not answer. */
export async function admit(): Promise<void> {
  if (session.value) return
  admitting ??= admitVisitor()
    .then((fresh) => {
      if (!session.value) keep({ token: fresh, user: null })
    })
    .finally(() => {
      admitting = null
    })
  await admitting
}

/** Note that the visitor is still here. */
export function stay(): void {
  if (session.value && !session.value.user) keep(session.value)
}

/** Sign in by e-mail. Throws `Problem` when the address is unknown. */
export async function signIn(email: string): Promise<void> {
  const visitor = session.value?.user === null ? session.value.token : null
  const fresh = await requestToken(email)
  const user = await me(fresh)
  propose(visitor)
  keep({ token: fresh, user })
  say(null)
}

export function signOut(): void {
  propose(null)
  keep(null)
  say('signed_out')
}

/** Note that the shopper has read what became of the session. */
export function understood(): void {
  if (turn.value === 'signed_in_elsewhere' || session.value) say(null)
  else say(turn.value === 'visit_ended' ? 'visit_over' : 'signed_out')
}

/** Let the visit before count for the account. Returns what failed; the offer stands then. */
export async function takeOverVisit(): Promise<Problem | null> {
  if (offer.value === null || !session.value) return null
  try {
    await mergeVisitor(offer.value, session.value.token)
  } catch (error) {
    return toProblem(error)
  }
  propose(null)
  return null
}

/** Leave the visit before to nobody. */
export function leaveVisit(): void {
  propose(null)
}

/** Forget the session when the server refuses it, now or later, and follow the other windows. */
export async function startSession(): Promise<void> {
  const forget = (refused: string) => {
    if (refused !== token()) return
    const next = account.value ? 'account_ended' : 'visit_ended'
    keep(null)
    say(next)
  }
  window.addEventListener('storage', follow)
  turn.value = session.value ? null : lastTurn()
  onBehalfOf(token)
  onRefusedToken(forget)
  const kept = token()
  if (!kept) return
  try {
    await me(kept)
  } catch (error) {
    const unknown = error instanceof Problem && error.status === 404
    if (unknown) forget(kept)
  }
}

function keep(next: Session | null) {
  if (next?.token !== session.value?.token) session.value = next
  const kept: Stored | null = next && !next.user ? { ...next, seen: Date.now() } : next
  write(localStorage, place, kept)
}

/** Be who another window of this browser says. */
function follow({ storageArea, key }: StorageEvent) {
  if (storageArea !== localStorage || (key !== place && key !== null)) return
  const next = stored()
  if (next?.token === session.value?.token) return
  const before = account.value
  session.value = next
  if (next?.user) say('signed_in_elsewhere')
  else if (before) say('signed_out_elsewhere')
}

/** What the server refused is told after a reload too, in this window. */
function say(next: Turn | null) {
  turn.value = next
  const lasting = next === 'account_ended' || next === 'visit_ended'
  write(sessionStorage, turned, lasting ? next : null)
}

function lastTurn(): Turn | null {
  const kept = read(sessionStorage, turned)
  if (kept === 'account_ended' || kept === 'visit_ended') return kept
  return read(localStorage, place) ? 'visit_over' : null
}

function propose(visitor: string | null) {
  offer.value = visitor
  write(sessionStorage, offered, visitor)
}

function proposed(): string | null {
  const kept = read(sessionStorage, offered)
  return typeof kept === 'string' ? kept : null
}

function stored(): Session | null {
  const kept = read(localStorage, place) as Partial<Stored> | null
  if (!kept?.token) return null
  if (kept.user) return { token: kept.token, user: kept.user }
  const over = Date.now() - (kept.seen ?? 0) > visitEnds
  return over ? null : { token: kept.token, user: null }
}

function read(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') as unknown
  } catch {
    return null
  }
}

function write(storage: Storage, key: string, value: unknown) {
  try {
    if (value === null) storage.removeItem(key)
    else storage.setItem(key, JSON.stringify(value))
  } catch {
    // Without storage the session lasts as long as the page.
  }
}
