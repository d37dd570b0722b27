import { useI18n } from 'vue-i18n'
import { isolated } from '@/i18n/isolated'
import { useFormat } from '@/i18n/useFormat'
import {
  type ChoiceField,
  type SearchState,
  choiceFields,
  here,
  rangeNames,
  ranges,
  withBounds,
  withoutFilters,
  withChoices,
} from './searchState'

export interface FilterChip {
  /** Stable while other chips come and go. */
  key: string
  text: string
  /** The search without this one filter. */
  without: SearchState
}

/** Makes and models are names: nobody translates them. */
const names: readonly string[] = ['brand', 'model', 'region']

/** Filters as people read them, in the chosen language. */
export function useChips() {
  const { t } = useI18n()
  const { number, price, distance, word } = useFormat()

  function amount(range: keyof typeof ranges, value: number, currency: string | null): string {
    if (range === 'selling_price') return currency ? price(value, currency) : number(value)
    if (range === 'km_driven') return distance(value)
    return range === 'year' ? String(value) : `${number(value)} ${t('units.hp')}`
  }

  /** Return one or both bounds of a number in words, "" without any. */
  function bounds(
    range: keyof typeof ranges,
    low: number | undefined,
    high: number | undefined,
    currency: string | null,
  ): string {
    const from = low === undefined ? '' : amount(range, low, currency)
    const to = high === undefined ? '' : amount(range, high, currency)
    if (from === to) return from
    if (from && to) return t('finding.between', { from, to })
    return from ? t('finding.from', { amount: from }) : t('finding.up_to', { amount: to })
  }

  /** Return one parameter of a search in words. */
  function describe(name: string, value: string, currency: string | null): string {
    const range = rangeNames.find((one) => ranges[one].includes(name as never))
    if (range) {
      const least = name.startsWith('min')
      const bound = Number(value)
      return bounds(range, least ? bound : undefined, least ? undefined : bound, currency)
    }
    if (name === 'max_owners') return t('finding.owners', Number(value))
    if (name === 'radius_km') return t('finding.within', { distance: distance(Number(value)) })
    return names.includes(name) ? isolated(value) : word(value)
  }

  /** Return a distance from a place in words; the place may have no name. */
  function circle(kilometres: number, place: string): string {
    const where = place === here ? t('finding.here') : isolated(place)
    return where
      ? t('finding.within_of', { distance: distance(kilometres), place: where })
      : t('finding.within', { distance: distance(kilometres) })
  }

  /** Return one chip per filter, in the order in which they are offered. */
  function chipsOf(state: SearchState, currency: string | null): FilterChip[] {
    const { filters, place } = state
    const choice = (field: ChoiceField) =>
      (filters[field] ?? []).map((value, _, all) => ({
        key: `${field} ${value}`,
        text: describe(field, value, currency),
        without: withChoices(
          state,
          field,
          all.filter((one) => one !== value),
        ),
      }))
    const chips = choiceFields.slice(0, 2).flatMap(choice)
    for (const range of rangeNames) {
      const [least, most] = ranges[range]
      const text = bounds(range, filters[least], filters[most], currency)
      if (text) chips.push({ key: range, text, without: withBounds(state, range, null, null) })
    }
    chips.push(...choiceFields.slice(2).flatMap(choice))
    if (filters.max_owners !== undefined) {
      const without = withoutFilters(state, ['max_owners'])
      chips.push({ key: 'owners', text: t('finding.owners', filters.max_owners), without })
    }
    if (filters.radius_km !== undefined) {
      const without = withoutFilters(state, ['radius_km'])
      chips.push({ key: 'circle', text: circle(filters.radius_km, place), without })
    }
    return chips
  }

  return { chipsOf, describe, circle, amount }
}
