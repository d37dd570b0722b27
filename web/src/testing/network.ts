/** A pretended server: the only thing the specs fake. */

import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import type {
  Card,
  Event,
  Facets,
  Price,
  ProblemBody,
  RecommendedCard,
  Recommendations,
  SavedSearch,
  Viewed,
  Why,
} from '@/api/schema'

export const network = setupServer()
const v1 = '*/api/v1'

export function card(id: number, facts: Partial<Card> = {}): Card {
  return {
    id,
    brand: 'Skoda',
    model: 'Octavia',
    name: `Octavia ${id}`,
    year: 2018,
    selling_price: 12_500,
    currency: 'EUR',
    km_driven: 95_000,
    fuel: 'Diesel',
    transmission: 'Manual',
    body: 'Estate',
    power_hp: 150,
    colour: 'Blue',
    seller_type: 'Dealer',
    owner: 'First Owner',
    owners: 1,
    region: 'Brno',
    latitude: null,
    longitude: null,
    listed_at: '2026-11-01T10:00:00Z',
    status: 'active',
    photos: [],
    ...facts,
  }
}

/** Return a card as it stands in a list of recommendations. */
export function recommended(one: Card, reason: string, said: Partial<Why> = {}): RecommendedCard {
  const why = { key: 'popular', part: 'market', values: {}, cause: [], ...said }
  return { ...one, reason, why, propensity: 0.9, random: false, eligible: 200 }
}

export function problem(status: number, body: ProblemBody = {}) {
  const headers = { 'Content-Type': 'application/problem+json' }
  return HttpResponse.json({ status, ...body }, { status, headers })
}

const unappraised: Price = {
  verdict: null,
  why_not: 'Only 3 other cars of this model are for sale; it takes 20.',
  why_not_key: 'few',
  needed: 20,
  selling_price: 12_500,
  currency: 'EUR',
  fair: null,
  low: null,
  high: null,
  comparables: 0,
  drivers: [],
  others: [],
  history: [{ at: '2026-11-01T10:00:00Z', selling_price: 12_500 }],
}

const facets: Facets = {
  brands: [
    { name: 'Skoda', count: 2 },
    { name: 'BMW', count: 1 },
  ],
  models: [{ name: 'Octavia', count: 2 }],
  fuels: [
    { name: 'Diesel', count: 2 },
    { name: 'Plugin Hybrid', count: 1 },
  ],
  bodies: [{ name: 'Estate', count: 3 }],
  transmissions: [{ name: 'Manual', count: 3 }],
  colours: [{ name: 'Blue', count: 3 }],
  seller_types: [{ name: 'Dealer', count: 3 }],
  regions: [{ name: 'Brno', count: 3, latitude: 49.195, longitude: 16.607 }],
  ranges: {
    selling_price: { edges: [0, 5_000, 10_000, 15_000], counts: [1, 1, 1] },
    year: { edges: [2015, 2016, 2017, 2018, 2019], counts: [1, 0, 1, 1] },
    km_driven: { edges: [0, 100_000, 200_000], counts: [2, 1] },
    power_hp: { edges: [], counts: [] },
  },
  total: 3,
}

/** One shopper's server: tells what it was sent, and can say that the list changed. */
export interface Marketplace {
  events: Event[]
  searches: URLSearchParams[]
  recommendations: Recommendations
  popular: Card[]
  price: Price
  /** Tokens of visitors that were merged into the account. */
  merged: string[]
  /** Cars that were opened, and searches that are kept. */
  viewed: Viewed[]
  saved: SavedSearch[]
  /** Say on every open line that the list has a new version. */
  say(version: number, traceparent?: string): void
  /** Say on every open line that cars are no longer for sale. */
  lose(...ids: number[]): void
  /** Say on every open line that a car has another price. */
  reprice(id: number, selling_price: number): void
  /** Say on every open line how many notices are unseen. */
  notice(unseen: number): void
  /** Break every open line. */
  hangUp(): void
  /** How many lines are open. */
  lines(): number
}

/** Start answering as a marketplace of `cars`. Reset after each spec. */
export function marketplace(cars: Card[]): Marketplace {
  const lines = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const shop: Marketplace = {
    events: [],
    merged: [],
    viewed: [],
    saved: [],
    searches: [],
    popular: cars,
    price: unappraised,
    recommendations: {
      recommended: cars.map((one) => recommended(one, `Reason ${one.id}`)),
      slate: 'slate-1',
      version: 1,
      personal: true,
    },
    say(version, traceparent) {
      for (const line of lines) line.enqueue(message('updated', { version, traceparent }))
    },
    lose(...listings) {
      for (const line of lines) line.enqueue(message('gone', { listings }))
    },
    reprice(id, selling_price) {
      for (const line of lines)
        line.enqueue(message('priced', { listings: [{ id, selling_price }] }))
    },
    notice(unseen) {
      for (const line of lines) line.enqueue(message('notices', { unseen }))
    },
    hangUp() {
      for (const line of lines) line.close()
      lines.clear()
    },
    lines: () => lines.size,
  }
  const message = (event: string, data: object) =>
    new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  const signedIn = ({ headers }: Request) =>
    ['Bearer t', 'Bearer v'].includes(headers.get('Authorization') ?? '')
  const unsigned = () => problem(401, { detail: 'Sign in first.', code: 'unauthorised' })
  network.use(
    http.post(`${v1}/token/fake-token`, async ({ request }) => {
      const { email } = (await request.json()) as { email: string }
      if (email === 'john1@example.com') return HttpResponse.json({ token: 't' })
      return problem(404, { detail: `There is no user ${email}.`, code: 'unknown_user' })
    }),
    http.post(`${v1}/visitors`, () => HttpResponse.json({ token: 'v' }, { status: 201 })),
    http.get(`${v1}/users/me`, ({ request }) =>
      signedIn(request)
        ? HttpResponse.json({
            email: 'john1@example.com',
            first_name: 'John',
            surname: 'One',
            role: 'shopper',
          })
        : unsigned(),
    ),
    http.post(`${v1}/users/me/merge`, async ({ request }) => {
      const { visitor_token } = (await request.json()) as { visitor_token: string }
      shop.merged.push(visitor_token)
      return HttpResponse.json({ events: 1, version: 2 })
    }),
    http.get(`${v1}/users/me/notices`, () =>
      HttpResponse.json({ notices: [], unseen: 0, until: 0 }),
    ),
    http.get(`${v1}/users/me/reactions`, () =>
      HttpResponse.json({ favourites: [], dismissed: [] }),
    ),
    http.get(`${v1}/users/me/views`, () => HttpResponse.json({ viewed: shop.viewed })),
    http.get(`${v1}/users/me/searches`, () => HttpResponse.json({ searches: shop.saved })),
    http.get(`${v1}/cars/verdicts`, ({ request }) => {
      const ids = new URL(request.url).searchParams.getAll('id').map(Number)
      return HttpResponse.json({
        verdicts: ids.map((id) => ({ id, verdict: null, fair: null, comparables: 0 })),
      })
    }),
    http.get(`${v1}/users/me/updates`, ({ request }) => {
      if (!signedIn(request)) return unsigned()
      let mine: ReadableStreamDefaultController<Uint8Array>
      const body = new ReadableStream<Uint8Array>({
        start(line) {
          mine = line
          lines.add(line)
          line.enqueue(message('current', { version: shop.recommendations.version }))
        },
        cancel() {
          lines.delete(mine)
        },
      })
      return new HttpResponse(body, { headers: { 'Content-Type': 'text/event-stream' } })
    }),
    http.get(`${v1}/cars/recommendations`, ({ request }) => {
      if (!signedIn(request)) return unsigned()
      return HttpResponse.json(shop.recommendations)
    }),
    http.get(`${v1}/cars/popular`, () => HttpResponse.json({ popular: shop.popular })),
    http.get(`${v1}/cars/facets`, () => HttpResponse.json({ ...facets, total: cars.length })),
    http.get(`${v1}/cars/refinements`, () => HttpResponse.json({ refinements: [] })),
    http.get(`${v1}/cars/search`, ({ request }) => {
      const { searchParams } = new URL(request.url)
      shop.searches.push(searchParams)
      const offset = Number(searchParams.get('offset'))
      const listings = cars.slice(offset, offset + Number(searchParams.get('limit')))
      return HttpResponse.json({ listings, total: cars.length, limit: 24, offset })
    }),
    http.get(`${v1}/cars/detail/:id`, ({ params }) => {
      const found = cars.find(({ id }) => id === Number(params['id']))
      if (found) return HttpResponse.json(found)
      return problem(404, { detail: 'There is no such car.', code: 'unknown_car' })
    }),
    http.get(`${v1}/cars/:id/trade-offs`, ({ request }) => {
      const toward = new URL(request.url).searchParams.get('toward')
      const trade_offs = cars.slice(1, 3).map((one) => ({
        ...one,
        gained: { selling_price: -1_200 },
        given_up: { year: -1, distance_km: 12.4 },
        different: ['fuel'],
        distance_km: null,
      }))
      return HttpResponse.json({ toward, trade_offs })
    }),
    http.get(`${v1}/cars/:id/price`, () => HttpResponse.json(shop.price)),
    http.get(`${v1}/cars/:id/similar`, () =>
      HttpResponse.json({
        similar: cars.slice(0, 2).map((one) => ({ ...one, differences: {}, different: [] })),
      }),
    ),
    http.post(`${v1}/events`, async ({ request }) => {
      if (!signedIn(request)) return unsigned()
      const events = (await request.json()) as Event[]
      shop.events.push(...events)
      return HttpResponse.json(
        { accepted: events.length, ids: events.map(({ id }) => id) },
        { status: 202 },
      )
    }),
  )
  return shop
}
