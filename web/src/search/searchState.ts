/** The whole state of a search, as the page's address holds it. Pure. */

import type { Filters, SearchQuery, SearchRequest, Sort } from '@/api/schema'

export interface SearchState {
  filters: Filters
  /** Null is the usual order: recommended for an account, newest for anybody else. */
  sort: Sort | null
  /** What the middle of the circle is called, where it is known; `here` is the shopper's place. */
  place: string
}

export const sorts = [
  'recommended',
  'verdict',
  'price',
  '-price',
  'newest',
  'mileage',
  '-year',
  '-power',
  'distance',
] as const satisfies readonly Sort[]

export const choiceFields = [
  'brand',
  'model',
  'body',
  'fuel',
  'transmission',
  'colour',
  'seller_type',
  'region',
] as const
type Known = {
  [Field in ChoiceField]?: NonNullable<SearchQuery[Field]> extends readonly (infer Value)[]
    ? string extends Value
      ? never
      : Record<Value & string, true>
    : never
}
/** Fields of which the server knows all values: a type holds them to those that it names. */
const known = {
  body: {
    Hatchback: true,
    Saloon: true,
    Estate: true,
    SUV: true,
    MPV: true,
    Coupe: true,
    Convertible: true,
    Pickup: true,
    Van: true,
    Other: true,
  },
  fuel: {
    Petrol: true,
    Diesel: true,
    Hybrid: true,
    'Plugin Hybrid': true,
    Electric: true,
    LPG: true,
    CNG: true,
    Hydrogen: true,
    Ethanol: true,
    Other: true,
  },
  transmission: { Manual: true, Automatic: true },
  seller_type: { Individual: true, Dealer: true },
} as const satisfies Known
const knownValues: Partial<Record<ChoiceField, readonly string[]>> = Object.fromEntries(
  Object.entries(known).map(([field, values]) => [field, Object.keys(values)]),
)
/** The numbers of a car that have bounds, under the names its facts have. */
export const ranges = {
  selling_price: ['min_price', 'max_price'],
  year: ['min_year', 'max_year'],
  km_driven: ['min_mileage', 'max_mileage'],
  power_hp: ['min_power', 'max_power'],
} as const
const circle = ['near_latitude', 'near_longitude', 'radius_km'] as const

export type ChoiceField = (typeof choiceFields)[number]
export type Range = keyof typeof ranges
export const rangeNames = Object.keys(ranges) as Range[]
export type BoundField = (typeof ranges)[Range][number] | 'max_owners'
type CircleField = (typeof circle)[number]

const boundFields: readonly BoundField[] = [...Object.values(ranges).flat(), 'max_owners']
/** As many values of one field as the server takes. */
const mostChoices = 20
const longestChoice = 200
export const here = 'here'
export const everything: SearchState = { filters: {}, sort: null, place: '' }

type Query = Readonly<Record<string, unknown>>

/** Read a search from an address; what makes no sense is left out. */
export function fromQuery(query: Query): SearchState {
  const filters: Filters = {}
  for (const field of choiceFields) {
    const given = [query[field]].flat().filter((one): one is string => typeof one === 'string')
    const choices = given.flatMap((one) => sensibleChoice(field, one) ?? [])
    const different = choices.filter((one, i) => choices.findIndex((two) => same(one, two)) === i)
    if (different.length > 0) filters[field] = different.slice(0, mostChoices)
  }
  for (const field of boundFields) {
    const bound = wholeNumber(query[field])
    if (bound !== null && sensible(field, bound)) filters[field] = bound
  }
  const [latitude, longitude, radius] = circle.map((field) => decimal(query[field]))
  const round =
    latitude != null && longitude != null && radius != null && onEarth(latitude, longitude, radius)
  if (round) {
    Object.assign(filters, { near_latitude: latitude, near_longitude: longitude })
    filters.radius_km = radius
  }
  const named = query['place']
  return {
    filters,
    sort: sorts.find((one) => one === query['sort']) ?? null,
    place: round && typeof named === 'string' ? named.slice(0, longestChoice) : '',
  }
}

/** Write a search into an address; what is usual is left out. */
export function toQuery({ filters, sort, place }: SearchState): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const field of choiceFields) {
    if (filters[field]) query[field] = filters[field]
  }
  for (const field of [...boundFields, ...circle]) {
    if (filters[field] !== undefined) query[field] = String(filters[field])
  }
  if (filters.radius_km !== undefined && place) query['place'] = place
  if (sort) query['sort'] = sort
  return query
}

/** Return a search as one text: equal for searches that ask for the same. */
export function keyOf(state: SearchState): string {
  return JSON.stringify(toQuery(state))
}

/** Return a page of what to ask the API for. */
export function toRequest(
  filters: Filters,
  sort: Sort,
  { limit, offset }: { limit: number; offset: number },
): SearchRequest {
  return { ...filters, sort, limit, offset }
}

/** Whether a search asks for nothing in particular. */
export function isBare({ filters }: SearchState): boolean {
  return Object.keys(filters).length === 0
}

/** Return the search with other choices of a field. Other makes begin with all of their models. */
export function withChoices(
  state: SearchState,
  field: ChoiceField,
  values: readonly string[],
): SearchState {
  const gone = field === 'brand' ? ['brand', 'model'] : [field]
  const filters = leaving(state.filters, gone)
  return { ...state, filters: values.length ? { ...filters, [field]: [...values] } : filters }
}

/** Return the search with a value of a field chosen, or no longer chosen where it was. */
export function toggled(state: SearchState, field: ChoiceField, value: string): SearchState {
  const before = state.filters[field] ?? []
  const rest = before.filter((one) => !same(one, value))
  return withChoices(state, field, rest.length < before.length ? rest : [...before, value])
}

/** Return the search with other bounds of a number; null is no bound. */
export function withBounds(
  state: SearchState,
  range: Range,
  low: number | null,
  high: number | null,
): SearchState {
  const [least, most] = ranges[range]
  const filters = leaving(state.filters, [least, most])
  if (low !== null) filters[least] = low
  if (high !== null) filters[most] = high
  return { ...state, filters }
}

export interface Circle {
  latitude: number
  longitude: number
  kilometres: number
  /** What its middle is called. */
  place: string
}

/** Return the search within a circle, or without one. Without it there is no order by distance. */
export function withCircle(state: SearchState, wanted: Circle | null): SearchState {
  const filters = leaving(state.filters, circle)
  if (!wanted) {
    return { filters, sort: state.sort === 'distance' ? null : state.sort, place: '' }
  }
  filters.near_latitude = wanted.latitude
  filters.near_longitude = wanted.longitude
  filters.radius_km = wanted.kilometres
  return { ...state, filters, place: wanted.place }
}

/** Return the search with one parameter set as the server names it; it takes the old one's place. */
export function withParameter(state: SearchState, name: string, value: string): SearchState {
  const query = { ...toQuery(state), [name]: value }
  return fromQuery(query)
}

/** Return the search without some of its parameters. */
export function withoutFilters(state: SearchState, names: readonly string[]): SearchState {
  if (names.includes('radius_km')) return withoutFilters(withCircle(state, null), dropCircle(names))
  return { ...state, filters: leaving(state.filters, names) }
}

/** Return the searched bounds that exclude each other, null if none do. */
export function contradiction(filters: Filters): Range | null {
  const crossed = ([least, most]: readonly [BoundField, BoundField]) =>
    (filters[least] ?? -Infinity) > (filters[most] ?? Infinity)
  return rangeNames.find((range) => crossed(ranges[range])) ?? null
}

/** Whether the server takes two names for one: "Škoda" and "skoda", "Plugin Hybrid" and its slug. */
export function same(one: string, other: string): boolean {
  return one === other || bareName(one) === bareName(other)
}

export function includes(values: readonly string[] | undefined, value: string): boolean {
  return values?.some((one) => same(one, value)) ?? false
}

/** Return a name without case, marks and punctuation. */
export function bareName(text: string): string {
  const bare = text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()
  return bare || text
}

function dropCircle(names: readonly string[]): string[] {
  return names.filter((name) => !circle.includes(name as CircleField))
}

function leaving(filters: Filters, names: readonly string[]): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name)))
}

/** Return a choice as the server calls it, null where there is no such thing. */
function sensibleChoice(field: ChoiceField, value: string): string | null {
  const choice = value.trim().slice(0, longestChoice)
  const all = knownValues[field]
  return (all ? all.find((one) => same(one, choice)) : choice) || null
}

function wholeNumber(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : null
}

function decimal(value: unknown): number | null {
  return typeof value === 'string' && /^-?\d{1,5}(\.\d{1,12})?$/.test(value) ? Number(value) : null
}

function sensible(field: BoundField, value: number): boolean {
  if (field === 'min_year' || field === 'max_year') return value >= 1900 && value <= 2100
  return value <= (field === 'max_owners' ? 99 : 1_000_000_000)
}

function onEarth(latitude: number, longitude: number, radius: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && radius > 0 && radius <= 20_000
}
