/** How the cars of a search are asked for: by its page, and ahead of it. */

import type { QueryClient } from '@tanstack/vue-query'
import { search } from '@/api/client'
import type { Sort } from '@/api/schema'
import { type SearchState, fromQuery, keyOf, toRequest } from '@/search/searchState'
import { account, current, who } from '@/session/session'
import { type Part, firstPart, partAfter } from './parts'

type Found = Awaited<ReturnType<typeof search>>

/** An order that cannot be had gives way: who has done nothing yet has none of their own. */
export function sortOf({ sort: asked, filters }: SearchState): Sort {
  const usual = account.value ? 'recommended' : 'newest'
  if (asked === 'recommended' && !current.value) return usual
  if (asked === 'distance' && filters.radius_km === undefined) return usual
  return asked ?? usual
}

/** Return the query of a search's cars, part by part. */
export function resultsOf({ filters }: SearchState, sort: Sort) {
  // Only the shopper's own order depends on the shopper.
  const whose = sort === 'recommended' ? who.value : ''
  return {
    queryKey: ['search', whose, sort, keyOf({ filters, sort: null, place: '' })],
    queryFn: ({ pageParam, signal }: { pageParam: Part; signal: AbortSignal }) =>
      search(toRequest(filters, sort, pageParam), signal),
    initialPageParam: firstPart,
    getNextPageParam: (last: Found, _all: Found[], before: Part) => partAfter(before, last.total),
    // Nothing moves under the eyes of who looks at it: another search is another list.
    staleTime: Infinity,
  }
}

/** Ask for the cars of an address while the program of its page is still on its way. */
export function askAhead(queries: QueryClient, query: Readonly<Record<string, unknown>>): void {
  const state = fromQuery(query)
  // What fails is told by the page, which asks again.
  void queries.infiniteQuery(resultsOf(state, sortOf(state))).catch(() => undefined)
}
