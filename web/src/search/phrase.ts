/** What a free text asks for, laid over a search. Pure. */

import type { PhraseChip, Sort } from '@/api/schema'
import {
  type ChoiceField,
  type SearchState,
  choiceFields,
  fromQuery,
  ranges,
  sorts,
  toQuery,
  withoutFilters,
} from './searchState'

/**
 * Return the search with what was understood; it takes the place of what the same field said. Who
 * names a car means that one: makes and models of before go.
 */
export function applied(
  state: SearchState,
  chips: readonly PhraseChip[],
  sort: string | null = null,
): SearchState {
  const said: Record<string, string | string[]> = {}
  for (const { name, value } of chips) {
    said[name] = choiceFields.includes(name as ChoiceField)
      ? [said[name] ?? [], value].flat()
      : value
  }
  // Who says one bound of a number means no other one from before.
  const renewed = Object.values(ranges).filter((bounds) => bounds.some((bound) => bound in said))
  const car = said['brand'] || said['model'] ? ['brand', 'model'] : []
  const query = toQuery(withoutFilters(state, [...renewed.flat(), ...car]))
  if (said['radius_km'] || said['near_latitude']) delete query['place']
  const next = fromQuery({ ...query, ...said })
  return { ...next, sort: sorts.find((one: Sort) => one === sort) ?? next.sort }
}

/** Return what a search still asks for of another one, from which it was made. */
export function keptOf(before: SearchState, after: SearchState, said: SearchState): SearchState {
  const asked = toQuery(after)
  const kept = Object.entries(toQuery({ ...before, sort: null })).filter(
    ([name, value]) =>
      !(name in toQuery(said)) && JSON.stringify(asked[name]) === JSON.stringify(value),
  )
  return fromQuery(Object.fromEntries(kept))
}

/** A word that stands for another: what was typed, and the parameter it was taken for. */
export interface Correction {
  typed: string
  name: string
  value: string
}

/** Return the words that were taken for others, each once. */
export function corrections(chips: readonly PhraseChip[]): Correction[] {
  const corrected = chips.filter((chip) => chip.corrected)
  return corrected
    .filter(({ text }, i) => corrected.findIndex((one) => one.text === text) === i)
    .map(({ text, name, value }) => ({ typed: text, name, value }))
}
