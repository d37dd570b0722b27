/** How answers of the server are kept, and when they are asked for again. */

import { QueryClient } from '@tanstack/vue-query'
import { Problem } from './http'

const tries = 2

/**
 * Return a client. A key of an answer that depends on the shopper holds `who` of the session.
 *
 * Only what may be different next time is tried again; a list never changes by itself because the
 * window was left: whoever looks at it decides.
 */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        networkMode: 'always',
        refetchOnWindowFocus: false,
        // What failed without a connection is there again with one.
        refetchOnReconnect: ({ state }) => state.status === 'error' && 'always',
        retry: (failures, error) =>
          failures < tries &&
          error instanceof Problem &&
          error.temporary &&
          error.retryAfter === null,
        retryDelay: (failures) => 500 * 2 ** failures,
      },
      mutations: { networkMode: 'always' },
    },
  })
}
