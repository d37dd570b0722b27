/** Who is signed in, kept across visits. */

import { computed, shallowRef } from 'vue'
import { me, signIn as requestToken } from '@/api/client'
import { Problem, onRefusedToken } from '@/api/http'
import type { User } from '@/api/schema'

export interface Session {
  token: string
  user: User
}

const place = 'carousel.session'
const session = shallowRef<Session | null>(stored())

export const current = computed(() => session.value)

/** The token for requests, null for a visitor who has not signed in. */
export function token(): string | null {
  return session.value?.token ?? null
}

/** Sign in by e-mail. Throws `Problem` when the address is unknown. */
export async function signIn(email: string): Promise<void> {
  const fresh = await requestToken(email)
  keep({ token: fresh, user: await me(fresh) })
}

export function signOut(): void {
  keep(null)
}

/** Forget the session when the server refuses it, now or later. */
export async function startSession(): Promise<void> {
  const forget = (refused: string) => {
    if (refused === token()) keep(null)
  }
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
  session.value = next
  try {
    if (next) localStorage.setItem(place, JSON.stringify(next))
    else localStorage.removeItem(place)
  } catch {
    // Without storage the session lasts as long as the page.
  }
}

function stored(): Session | null {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? 'null') as Partial<Session> | null
    return kept?.token && kept.user ? { token: kept.token, user: kept.user } : null
  } catch {
    return null
  }
}
