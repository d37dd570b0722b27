/** One function per endpoint. Views and searches are recorded by src/tracking, never here. */

import type { operations } from './generated'
import { answered, server } from './server'
import type {
  Card,
  CarVerdict,
  Closest,
  Count,
  Event,
  Facets,
  Filters,
  History,
  Kind,
  Phrase,
  Notices,
  Price,
  Profile,
  Reactions,
  Recommendations,
  Refinement,
  SavedSearch,
  SearchRequest,
  SearchResult,
  Suggestion,
  Toward,
  TradeOffCard,
  User,
  Viewed,
} from './schema'

type Signal = AbortSignal | null
/** What the generated types ask for: they know the values, the page lets the server check them. */
type SearchQuery = NonNullable<operations['search_cars']['parameters']['query']>
type RefinementQuery = NonNullable<operations['get_refinements']['parameters']['query']>
type ListQuery = NonNullable<operations['get_recommendations']['parameters']['query']>
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

export async function signIn(email: string): Promise<string> {
  const call = server.POST('/api/v1/token/fake-token', { body: { email } })
  return (await answered(call)).token
}

/** Begin without an account. Returns the visitor's token. */
export async function admitVisitor(): Promise<string> {
  return (await answered(server.POST('/api/v1/visitors'))).token
}

/** Let what a visitor did count for the account that the other token is of. */
export async function mergeVisitor(visitor: string, token: string): Promise<void> {
  await server.POST('/api/v1/users/me/merge', {
    body: { visitor_token: visitor },
    headers: bearer(token),
  })
}

export function me(token: string): Promise<User> {
  return answered(server.GET('/api/v1/users/me', { headers: bearer(token) }))
}

export function reactions(token: string): Promise<Reactions> {
  return answered(server.GET('/api/v1/users/me/reactions', { headers: bearer(token) }))
}

export function search(request: SearchRequest, signal: Signal = null): Promise<SearchResult> {
  const query = { ...request, record: false } as SearchQuery
  return answered(server.GET('/api/v1/cars/search', { params: { query }, signal }))
}

export function detail(id: number, signal: Signal = null): Promise<Card> {
  const params = { path: { car_id: id }, query: { record: false } }
  return answered(server.GET('/api/v1/cars/detail/{car_id}', { params, signal }))
}

export async function similar(
  id: number,
  limit: number,
  signal: Signal = null,
): Promise<Closest[]> {
  const params = { path: { car_id: id }, query: { limit } }
  return (await answered(server.GET('/api/v1/cars/{car_id}/similar', { params, signal }))).similar
}

export function appraisal(id: number, signal: Signal = null): Promise<Price> {
  const params = { path: { car_id: id } }
  return answered(server.GET('/api/v1/cars/{car_id}/price', { params, signal }))
}

export function recommendations(
  limit: number,
  filters: Filters = {},
  signal: Signal = null,
  exclude: readonly number[] = [],
  traceparent?: string,
): Promise<Recommendations> {
  const params = { query: { ...filters, exclude, limit } as ListQuery }
  const call = server.GET('/api/v1/cars/recommendations', {
    params,
    signal,
    headers: { traceparent },
  })
  return answered(call)
}

export async function popular(limit: number, signal: Signal = null): Promise<Card[]> {
  const call = server.GET('/api/v1/cars/popular', { params: { query: { limit } }, signal })
  return (await answered(call)).popular
}

export function facets(filters: Filters = {}, signal: Signal = null): Promise<Facets> {
  const params = { query: filters as SearchQuery }
  return answered(server.GET('/api/v1/cars/facets', { params, signal }))
}

/** Return filters that are worth adding to others, best first. */
export async function refinements(
  filters: Filters,
  limit: number,
  signal: Signal = null,
): Promise<Refinement[]> {
  const params = { query: { ...filters, limit } as RefinementQuery }
  return (await answered(server.GET('/api/v1/cars/refinements', { params, signal }))).refinements
}

export async function saveSearch(name: string, filters: Filters): Promise<void> {
  // The server checks the values, as in an address.
  await server.POST('/api/v1/users/me/searches', { body: { name, filters: filters as never } })
}

/** Return what a free text asks for. */
export function phrase(text: string, signal: Signal = null): Promise<Phrase> {
  const params = { query: { text } }
  return answered(server.GET('/api/v1/cars/phrase', { params, signal }))
}

export async function suggestions(
  text: string,
  limit: number,
  signal: Signal = null,
): Promise<Suggestion[]> {
  const params = { query: { text, limit } }
  const call = server.GET('/api/v1/cars/suggestions', { params, signal })
  return (await answered(call)).suggestions
}

/** Return what is thought of some cars' prices, at most 100. */
export async function verdicts(ids: number[], signal: Signal = null): Promise<CarVerdict[]> {
  const asked = { params: { query: { id: ids } }, signal }
  return (await answered(server.GET('/api/v1/cars/verdicts', asked))).verdicts
}

/** Return cars of any status, at most 100; unknown ones are left out. */
export async function carsById(ids: number[], signal: Signal = null): Promise<Card[]> {
  const asked = { params: { query: { id: ids } }, signal }
  return (await answered(server.GET('/api/v1/cars', asked))).cars
}

/** Return cars that are better than one in one respect; closer ones need to know to where. */
export async function tradeOffs(
  id: number,
  toward: Toward,
  here: { latitude: number; longitude: number } | null,
  signal: Signal = null,
): Promise<TradeOffCard[]> {
  const place = here ? { near_latitude: here.latitude, near_longitude: here.longitude } : {}
  const params = { path: { car_id: id }, query: { toward, ...place } }
  const call = server.GET('/api/v1/cars/{car_id}/trade-offs', { params, signal })
  return (await answered(call)).trade_offs
}

/** Return the cars the shopper opened, the latest first. */
export async function views(limit: number, signal: Signal = null): Promise<Viewed[]> {
  const asked = { params: { query: { limit } }, signal }
  return (await answered(server.GET('/api/v1/users/me/views', asked))).viewed
}

export async function savedSearches(signal: Signal = null): Promise<SavedSearch[]> {
  return (await answered(server.GET('/api/v1/users/me/searches', { signal }))).searches
}

export async function deleteSearch(id: number): Promise<void> {
  await server.DELETE('/api/v1/users/me/searches/{search_id}', {
    params: { path: { search_id: id } },
  })
}

/** Say that the shopper has looked at what a saved search finds now. */
export async function seeSearch(id: number): Promise<void> {
  await server.POST('/api/v1/users/me/searches/{search_id}/seen', {
    params: { path: { search_id: id } },
  })
}

export function notices(limit: number, signal: Signal = null): Promise<Notices> {
  return answered(server.GET('/api/v1/users/me/notices', { params: { query: { limit } }, signal }))
}

/** Say that the shopper has seen all messages up to `until` of an answer, and none that came since. */
export async function noticesSeen(until: number): Promise<void> {
  await server.POST('/api/v1/users/me/notices/seen', { params: { query: { until } } })
}

export function profile(signal: Signal = null): Promise<Profile> {
  return answered(server.GET('/api/v1/users/me/profile', { signal }))
}

/** Return what the shopper did, the latest first, from where an earlier answer ended. */
export function happened(before: string | undefined, signal: Signal = null): Promise<History> {
  const params = { query: before === undefined ? {} : { before } }
  return answered(server.GET('/api/v1/users/me/events', { params, signal }))
}

/** Forget one event as if it had never been. */
export async function forget(id: string): Promise<void> {
  await server.DELETE('/api/v1/users/me/events/{event_id}', { params: { path: { event_id: id } } })
}

/** Forget the events about such cars; without any of them all that was ever done. */
export async function forgetSome(query: Kind | null): Promise<void> {
  await server.DELETE('/api/v1/users/me/events', { params: { query: (query ?? {}) as never } })
}

/** Return how much `forgetSome` would take. */
export function counted(query: Kind | null, signal: Signal = null): Promise<Count> {
  const params = { query: (query ?? {}) as never }
  return answered(server.GET('/api/v1/users/me/events/count', { params, signal }))
}

/** Return everything that is kept about the shopper, as one file. */
export async function exported(): Promise<Blob> {
  return answered(server.GET('/api/v1/users/me/export', { parseAs: 'blob' }))
}

/** Append events to the log; resolves once the server holds them on disk. */
export async function record(events: Event[], token: string, keepalive = false): Promise<void> {
  await server.POST('/api/v1/events', {
    // The generated type asks for the domain's spelling of filters; the server reads both.
    body: events as never,
    headers: bearer(token),
    keepalive,
  })
}
