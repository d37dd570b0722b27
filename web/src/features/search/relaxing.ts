/** How a search looks after some of its filters gave way. Pure. */

import type { Relaxed } from '@/api/schema'
import {
  type ChoiceField,
  type SearchState,
  choiceFields,
  withChoices,
  withParameter,
  withoutFilters,
} from '@/search/searchState'

/** Return the search after concessions of the server, one after the other. */
export function relaxedBy(state: SearchState, steps: readonly Relaxed[]): SearchState {
  return steps.reduce((now, { field, to }) => {
    if (choiceFields.includes(field as ChoiceField)) {
      return withChoices(now, field as ChoiceField, [to ?? []].flat().map(String))
    }
    return to === null ? withoutFilters(now, [field]) : withParameter(now, field, String(to))
  }, state)
}
