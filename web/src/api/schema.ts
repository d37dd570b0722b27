/**
 * The shapes the HTTP API speaks, version 1.
 *
 * Written by hand after the API's description at /api/openapi.json; a generated file of the same
 * names may take its place. `null` means the seller did not state it.
 */

export type Status = 'active' | 'reserved' | 'sold' | 'withdrawn'

export interface Card {
  id: number
  brand: string
  model: string | null
  name: string
  year: number
  /** Whole units of `currency`. */
  selling_price: number
  /** ISO 4217. */
  currency: string
  km_driven: number | null
  fuel: string | null
  transmission: string | null
  body: string | null
  power_hp: number | null
  colour: string | null
  seller_type: string | null
  owner: string | null
  owners: number | null
  region: string | null
  latitude: number | null
  longitude: number | null
  /** ISO 8601. */
  listed_at: string
  status: Status
}

export interface RecommendedCard extends Card {
  reason: string
  /** Probability of this car at this place, where known. */
  propensity: number | null
  /** Whether chance alone put it there. */
  random: boolean
  /** How many cars chance would have drawn from. */
  eligible: number
  /** The arm of an experiment that chose it; absent in none. */
  arm?: string
}

export type Verdict = 'great' | 'good' | 'fair' | 'high' | 'steep'

/** How an asking price compares; without a verdict `why_not` says why, and the rest is null. */
export interface Price {
  verdict: Verdict | null
  why_not: string | null
  selling_price: number
  currency: string
  fair: number | null
  low: number | null
  high: number | null
  comparables: number
  drivers: { field: string; percent: number }[]
  others: { id: number; selling_price: number; km_driven: number | null; year: number }[]
}

export interface Recommendations {
  recommended: RecommendedCard[]
  slate: string
  /** Grows whenever what is known about the shopper changes. */
  version: number
  /** False while the list rests on what is popular and new alone. */
  personal: boolean
}

/** Hard filters: alternatives within one field, all fields together. */
export interface Filters {
  brand?: string[]
  min_price?: number
  max_price?: number
  min_year?: number
  max_year?: number
  fuel?: string[]
  body?: string[]
  transmission?: string[]
}

export type Sort =
  'newest' | 'price' | '-price' | 'mileage' | 'year' | '-year' | '-power' | 'recommended'

export interface SearchRequest extends Filters {
  sort: Sort
  limit: number
  offset: number
}

export interface SearchResult {
  listings: Card[]
  total: number
  limit: number
  offset: number
}

export interface Facet {
  name: string
  count: number
}

export interface Facets {
  brands: Facet[]
  fuels: Facet[]
  bodies: Facet[]
  transmissions: Facet[]
  regions: Facet[]
  total: number
}

export interface User {
  email: string
  first_name: string
  surname: string
}

export interface Reactions {
  favourites: number[]
  dismissed: number[]
}

export type DismissReason =
  | 'too_expensive'
  | 'too_old'
  | 'too_many_km'
  | 'too_far'
  | 'not_this_make'
  | 'not_this_body'
  | 'other'

/** A car was shown. What the list said of chance and of its arm is sent back as it is. */
export interface Impression {
  type: 'impression'
  listing_id: number
  position: number
  slate: string
  propensity?: number | undefined
  random?: boolean | undefined
  eligible?: number | undefined
  arm?: string | undefined
}

/** What a shopper did. */
export type Happening =
  | { type: 'view' | 'favourite' | 'unfavourite' | 'contact'; listing_id: number }
  | { type: 'dismiss'; listing_id: number; reason: DismissReason }
  | Impression
  | { type: 'search'; filters: Filters }

/**
 * A happening as it is sent. The id makes a repeated sending count once; without a time it happened
 * when the server hears of it.
 */
export type Event = Happening & { id: string; occurred_at?: string }

/** RFC 9457 problem details. */
export interface ProblemBody {
  title?: string
  status?: number
  detail?: string
  code?: string
  errors?: { field: string; message: string }[]
}
