import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { type Ref, computed, onScopeDispose, readonly, ref, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { phrase, suggestions } from '@/api/client'
import { Problem, isAbort, toProblem } from '@/api/http'
import type { PhraseChip, Suggestion } from '@/api/schema'
import { type Correction, applied, corrections } from './phrase'
import { type SearchState, keyOf, toQuery } from './searchState'

/** How long typing must rest before the server is asked, in milliseconds. */
const rest = 80
const suggested = 8

/** How the latest free text was read. */
export interface Reading {
  /** The search it led to; any other search is no longer about it. */
  key: string
  corrected: Correction[]
  ignored: readonly string[]
}

const latest = shallowRef<Reading | null>(null)
/** Told by the box, shown above the list. */
export const reading = readonly(latest)

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

  /** Search for a text. Returns whether it led somewhere. */
  async function search(text: string): Promise<boolean> {
    forget()
    if (text.trim() === '') {
      await go(state(), null)
      return true
    }
    const mine = (asking = new AbortController())
    busy.value = true
    try {
      const { chips, ignored, sort } = await phrase(text.trim(), mine.signal)
      if (mine.signal.aborted) return false
      busy.value = false
      if (chips.length === 0 && !sort) {
        lost.value = text.trim()
        return false
      }
      await go(applied(state(), chips, sort), { corrected: corrections(chips), ignored })
      return true
    } catch (error) {
      if (isAbort(error) || mine.signal.aborted) return false
      busy.value = false
      problem.value = toProblem(error)
      return false
    }
  }

  /** Search for what a suggestion stands for. */
  async function take(chips: readonly PhraseChip[]) {
    forget()
    await go(applied(state(), chips), null)
  }

  return { busy, lost, problem, search, take, forget }
}
