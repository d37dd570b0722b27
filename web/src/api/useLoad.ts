import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { type Problem, isAbort, toProblem } from './http'

/** What a page knows about something it loads. Old data stays visible while newer is on its way. */
export type Loadable<T> =
  | { status: 'loading'; data: T | null; error: null }
  | { status: 'ready'; data: T; error: null }
  | { status: 'failed'; data: T | null; error: Problem }

export interface Loading<T> {
  state: ShallowRef<Loadable<T>>
  /** Load (again). With `fresh` the old data is dropped first. The latest call wins. */
  load: (options?: { fresh?: boolean }) => Promise<void>
}

/** Return the state of something loaded by `fetcher`, and the function that loads it. */
export function useLoad<T>(fetcher: (signal: AbortSignal) => Promise<T>): Loading<T> {
  const state = shallowRef<Loadable<T>>({ status: 'loading', data: null, error: null })
  let current: AbortController | null = null

  async function load({ fresh = false } = {}) {
    current?.abort()
    const mine = (current = new AbortController())
    state.value = { status: 'loading', data: fresh ? null : state.value.data, error: null }
    try {
      const data = await fetcher(mine.signal)
      if (current === mine) state.value = { status: 'ready', data, error: null }
    } catch (error) {
      if (current !== mine || isAbort(error)) return
      state.value = { status: 'failed', data: state.value.data, error: toProblem(error) }
    }
  }

  onScopeDispose(() => current?.abort())
  return { state, load }
}
