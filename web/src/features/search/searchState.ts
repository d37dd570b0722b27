/** The whole state of a search, as the page's address holds it. Pure. */

import type { Filters, SearchRequest, Sort } from '@/api/schema'

export interface SearchState {
  filters: Filters
  sort: Sort
  /** 1 is the first. */
  page: number
}

export const pageLength = 24
/** The API looks at most this far into a result. */
const deepestOffset = 10_000

export const sorts: readonly { value: Sort; words: string }[] = [
  { value: 'newest', words: 'Newest first' },
  { value: 'price', words: 'Price: low to high' },
  { value: '-price', words: 'Price: high to low' },
  { value: 'mileage', words: 'Lowest mileage' },
  { value: '-year', words: 'Latest year' },
  { value: '-power', words: 'Most power' },
]
export const forYou = { value: 'recommended', words: 'Recommended for you' } as const

export const choiceFields = ['brand', 'fuel', 'body', 'transmission'] as const
export const boundFields = ['min_price', 'max_price', 'min_year', 'max_year'] as const
export type ChoiceField = (typeof choiceFields)[number]
export type BoundField = (typeof boundFields)[number]
export type Field = ChoiceField | BoundField
/** Choices, a bound, or null for none. */
export type FieldValue = string[] | number | null

type Query = Readonly<Record<string, unknown>>

/** Read a search from an address; what makes no sense is left out. */
export function fromQuery(query: Query): SearchState {
  const filters: Filters = {}
  for (const field of choiceFields) {
    const given = [query[field]].flat().filter((one): one is string => typeof one === 'string')
    const choices = [...new Set(given.map((one) => one.trim().slice(0, 200)))].filter(Boolean)
    if (choices.length > 0) filters[field] = choices.slice(0, 20)
  }
  for (const field of boundFields) {
    const bound = wholeNumber(query[field])
    if (bound !== null && sensible(field, bound)) filters[field] = bound
  }
  const known = [...sorts, forYou].find(({ value }) => value === query['sort'])
  return {
    filters,
    sort: known?.value ?? 'newest',
    page: Math.min(Math.max(wholeNumber(query['page']) ?? 1, 1), lastPage(Infinity)),
  }
}

/** Write a search into an address; what is usual is left out. */
export function toQuery({ filters, sort, page }: SearchState): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const field of choiceFields) {
    if (filters[field]) query[field] = filters[field]
  }
  for (const field of boundFields) {
    if (filters[field] !== undefined) query[field] = String(filters[field])
  }
  if (sort !== 'newest') query['sort'] = sort
  if (page > 1) query['page'] = String(page)
  return query
}

/** Return what to ask the API for. */
export function toRequest({ filters, sort, page }: SearchState): SearchRequest {
  return { ...filters, sort, limit: pageLength, offset: (page - 1) * pageLength }
}

/** Return the search with one filter changed, back on its first page. */
export function changed(state: SearchState, field: Field, value: FieldValue): SearchState {
  const entries = Object.entries(state.filters).filter(([name]) => name !== field)
  const empty = value === null || (Array.isArray(value) && value.length === 0)
  if (!empty) entries.push([field, value])
  return { ...state, filters: Object.fromEntries(entries), page: 1 }
}

/** Return how many pages can be turned to, at least 1. */
export function lastPage(total: number): number {
  const reachable = Math.floor(deepestOffset / pageLength) + 1
  return Math.max(1, Math.min(Math.ceil(total / pageLength), reachable))
}

/** Return the API's own spelling of a value it shows: "Plugin Hybrid" is `plugin_hybrid`. */
export function slug(shown: string): string {
  return shown.toLowerCase().replaceAll(' ', '_')
}

/** Return the filters that contradict each other in a sentence, null if none do. */
export function contradiction({
  min_price,
  max_price,
  min_year,
  max_year,
}: Filters): string | null {
  if ((min_price ?? 0) > (max_price ?? Infinity)) return 'The lowest price is above the highest.'
  if ((min_year ?? 0) > (max_year ?? Infinity)) return 'The earliest year is after the latest.'
  return null
}

function wholeNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  return typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : null
}

function sensible(field: BoundField, value: number): boolean {
  if (field.endsWith('price')) return value <= 1_000_000_000
  return value >= 1900 && value <= 2100
}
