/** One function per endpoint. Views and searches are recorded by src/tracking, never here. */

import { sendForJson, send } from './http'
import type {
  Card,
  Event,
  Facets,
  Price,
  Reactions,
  Recommendations,
  SearchRequest,
  SearchResult,
  User,
} from './schema'

type Token = string | null
const v1 = '/api/v1'

export async function signIn(email: string): Promise<string> {
  const path = `${v1}/token/fake-token`
  const { token } = await sendForJson<{ token: string }>(path, { method: 'POST', body: { email } })
  return token
}

export function me(token: string): Promise<User> {
  return sendForJson(`${v1}/users/me`, { token })
}

export function reactions(token: string): Promise<Reactions> {
  return sendForJson(`${v1}/users/me/reactions`, { token })
}

export function search(
  request: SearchRequest,
  token: Token,
  signal?: AbortSignal,
): Promise<SearchResult> {
  const query = { ...request, record: false }
  return sendForJson(`${v1}/cars/search`, { query, token, signal })
}

export function detail(id: number, token: Token, signal?: AbortSignal): Promise<Card> {
  return sendForJson(`${v1}/cars/detail/${id}`, { query: { record: false }, token, signal })
}

export async function similar(id: number, limit: number, signal?: AbortSignal): Promise<Card[]> {
  const path = `${v1}/cars/${id}/similar`
  return (await sendForJson<{ similar: Card[] }>(path, { query: { limit }, signal })).similar
}

export function appraisal(id: number, signal?: AbortSignal): Promise<Price> {
  return sendForJson(`${v1}/cars/${id}/price`, { signal })
}

export function recommendations(
  limit: number,
  token: string,
  signal?: AbortSignal,
): Promise<Recommendations> {
  return sendForJson(`${v1}/cars/recommendations`, { query: { limit }, token, signal })
}

export async function popular(limit: number, signal?: AbortSignal): Promise<Card[]> {
  const path = `${v1}/cars/popular`
  return (await sendForJson<{ popular: Card[] }>(path, { query: { limit }, signal })).popular
}

export function facets(signal?: AbortSignal): Promise<Facets> {
  return sendForJson(`${v1}/cars/facets`, { signal })
}

/** Append events to the log; resolves once the server holds them on disk. */
export async function record(events: Event[], token: string, keepalive = false): Promise<void> {
  await send(`${v1}/events`, { method: 'POST', body: events, token, keepalive })
}
