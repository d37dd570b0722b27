/** How a search looks after some of its filters gave way. Pure. */

import type { Relaxed } from '@/api/schema'
import {
  type SearchState,
  contradiction,
  ranges,
  withBounds,
  withParameter,
  withoutFilters,
} from '@/search/searchState'

/** Return the search after concessions of the server, one after the other. */
export function relaxedBy(state: SearchState, steps: readonly Relaxed[]): SearchState {
  return steps.reduce(
    (now, { field, to }) =>
      to === null ? withoutFilters(now, [field]) : withParameter(now, field, String(to)),
    state,
  )
}

/** A search that asks for less, and the parameters that it leaves out; none if it turns them. */
export interface Way {
  next: SearchState
  without: readonly string[]
}

/** Return the ways out of bounds that exclude each other: turned, and without each of them. */
export function uncrossed(state: SearchState): Way[] {
  const range = contradiction(state.filters)
  if (!range) return []
  const [least, most] = ranges[range]
  const { [least]: low = null, [most]: high = null } = state.filters
  return [
    { next: withBounds(state, range, high, low), without: [] },
    { next: withoutFilters(state, [least]), without: [least] },
    { next: withoutFilters(state, [most]), without: [most] },
  ]
}

/** Return the way to a model of whatever make, where both are asked for. */
export function ofAnyMake(state: SearchState): Way[] {
  const { brand = [], model = [] } = state.filters
  if (brand.length === 0 || model.length === 0) return []
  return [{ next: withoutFilters(state, ['brand']), without: ['brand'] }]
}
