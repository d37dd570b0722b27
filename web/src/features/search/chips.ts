import { price, words } from '@/ui/car'
import { type SearchState, boundFields, changed, choiceFields, slug } from './searchState'

export interface Chip {
  words: string
  /** The search without this one filter. */
  without: SearchState
}

/** Return one chip per filter value, in the order of the form. */
export function chips(state: SearchState, currency: string | null): Chip[] {
  const { filters } = state
  const choices = choiceFields.flatMap((field) =>
    (filters[field] ?? []).map((value, _, all) => ({
      words: field === 'brand' ? value : words(slug(value)),
      without: changed(
        state,
        field,
        all.filter((one) => one !== value),
      ),
    })),
  )
  const bounds = boundFields.flatMap((field) => {
    const bound = filters[field]
    if (bound === undefined) return []
    const end = field.startsWith('min') ? 'From' : 'Up to'
    const amount = field.endsWith('price') ? price(bound, currency ?? '') : String(bound)
    return [{ words: `${end} ${amount}`, without: changed(state, field, null) }]
  })
  return [...choices, ...bounds]
}
