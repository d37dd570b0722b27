import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type Ref, computed, onScopeDispose, ref, shallowReadonly, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { phrase, search as find, suggestions } from '@/api/client'
import { Problem, isAbort, toProblem } from '@/api/http'
import type { PhraseChip, Suggestion } from '@/api/schema'
import { type Correction, applied, corrections, keptOf } from './phrase'
import { type SearchState, everything, isBare, keyOf, toQuery } from './searchState'

/** How long typing must rest before the server is asked, in milliseconds. */
const rest = 80
const suggested = 8

/** How the latest free text was read. */
export interface Reading {
  /** The search it led to; any other search is no longer about it. */
  key: string
  corrected: Correction[]
  ignored: readonly string[]
  /** What became of the filters that were in use before; null where there were none to keep. */
  before: Before | null
}

export interface Before {
  text: string
  kept: SearchState
  /** The search for the text without them; null where it is that already: no car has all. */
  alone: SearchState | null
}

const latest = shallowRef<Reading | null>(null)
/** Told by the box, shown above the list. */
export const reading = shallowReadonly(latest)
/** Let go of how a text was read: another search is shown. */
export function forgetReading() {
  latest.value = null
}

/** Suggestions for a text while it is typed, best first; none while they are not wanted. */
export function useSuggestions(text: Ref<string>, wanted: Ref<boolean>) {
  const asked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(text, (now) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      asked.value = now.trim()
    }, rest)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
  })
  const { data } = useQuery({
    queryKey: ['suggestions', asked],
    queryFn: ({ signal }) => suggestions(asked.value, suggested, signal),
    enabled: () => wanted.value && asked.value !== '',
    placeholderData: keepPreviousData,
    // Without suggestions the box still searches.
    retry: false,
  })
  return computed<readonly Suggestion[]>(() =>
    wanted.value && text.value.trim() !== '' ? (data.value ?? []) : [],
  )
}

/** Read a free text into a search and go there. */
export function usePhrase(state: () => SearchState) {
  const router = useRouter()
  const busy = ref(false)
  /** The text of which nothing was understood. */
  const lost = ref('')
  const problem = shallowRef<Problem | null>(null)
  let asking: AbortController | null = null

  onScopeDispose(() => asking?.abort())

  function forget() {
    asking?.abort()
    busy.value = false
    lost.value = ''
    problem.value = null
  }

  async function go(next: SearchState, read: Omit<Reading, 'key'> | null) {
    latest.value = read && { ...read, key: keyOf(next) }
    await router.push({ name: 'search', query: toQuery(next) })
  }

  /** Go where a text leads, if nothing else is asked meanwhile: together with the filters in use, or without where no car has all. */
  async function follow(
    text: string,
    { chips, sort }: { chips: readonly PhraseChip[]; sort: string | null },
    ignored: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const now = state()
    const alone = applied({ ...everything, sort: now.sort }, chips, sort)
    const next = applied(now, chips, sort)
    const kept = keptOf(now, next, alone)
    const read = { corrected: corrections(chips), ignored, before: null }
    if (isBare(kept) || isBare(alone)) {
      await go(next, read)
      return true
    }
    // Where nobody can tell, the list will.
    const found = await find({ ...next.filters, limit: 1 }, signal).catch(() => null)
    if (signal.aborted) return false
    const none = found?.total === 0
    const before = { text, kept, alone: none ? null : alone }
    await go(none ? alone : next, { ...read, before })
    return true
  }

  /** Search for a text. Returns whether it led somewhere. */
  async function search(text: string): Promise<boolean> {
    forget()
    if (text.trim() === '') {
      await go(state(), null)
      return true
    }
    const mine = (asking = new AbortController())
    busy.value = true
    forgetReading()
    try {
      const { chips, ignored, sort } = await phrase(text.trim(), mine.signal)
      if (mine.signal.aborted) return false
      if (chips.length === 0 && !sort) {
        busy.value = false
        lost.value = text.trim()
        return false
      }
      const led = await follow(text.trim(), { chips, sort }, ignored, mine.signal)
      if (led) busy.value = false
      return led
    } catch (error) {
      if (isAbort(error) || mine.signal.aborted) return false
      busy.value = false
      problem.value = toProblem(error)
      return false
    }
  }

  /** Search for what a suggestion stands for. */
  async function take({ text, chips }: Suggestion) {
    forget()
    const mine = (asking = new AbortController())
    await follow(text, { chips, sort: null }, [], mine.signal)
  }

  return { busy, lost, problem, search, take, forget }
}
