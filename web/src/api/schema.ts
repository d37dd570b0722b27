/** The shapes the HTTP API speaks, under short names; the page knows no others. */

import type { components, operations } from './generated'

type Schemas = components['schemas']

export type Card = Schemas['Card']
export type FoundCard = Schemas['FoundCard']
export type RecommendedCard = Schemas['RecommendedCard']
export type Recommendations = Schemas['Recommended']
export type Why = Schemas['Why']
export type Closest = Schemas['Closest']
export type Profile = Schemas['ShopperProfile']
export type DoneEvent = Schemas['DoneEvent']
export type Count = Schemas['Count']
/** Cars of a make, of a body, of a fuel, or with a gearbox. */
export type Kind =
  { brand: string } | { body: string } | { fuel: string } | { transmission: string }
export type Notice = Schemas['Notice']
export type Notices = Schemas['Notices']
export type Facet = Schemas['Facet']
export type Facets = Schemas['Facets']
export type Refinement = Schemas['Refinement']
export type Price = Schemas['Price']
export type CarVerdict = Schemas['CarVerdict']
export type Verdict = Schemas['Verdict']
export type Relaxed = Schemas['Relaxed']
export type SearchResult = Schemas['Found']
export type TradeOffCard = Schemas['TradeOffCard']
export type Viewed = Schemas['Viewed']
export type History = Schemas['History']
export type SavedSearch = Schemas['Saved']
export type Reactions = Schemas['Reactions']
export type User = Schemas['Me']
export type DismissReason = Schemas['Reason']
export type Sort = Schemas['Sort']

export type Phrase = Schemas['Phrase']
export type PhraseChip = Schemas['PhraseChip']
export type Suggestion = Schemas['PhraseSuggestion']

export type SearchQuery = NonNullable<operations['search_cars']['parameters']['query']>
export type Toward = NonNullable<
  NonNullable<operations['get_trade_offs']['parameters']['query']>['toward']
>

/**
 * Hard filters: alternatives within one field, all fields together. Values come from addresses that
 * people write, so they are any text; what the server cannot know is left out before it is asked.
 */
export type Filters = {
  [Name in Exclude<keyof SearchQuery, 'sort' | 'limit' | 'offset' | 'record'>]?: NonNullable<
    SearchQuery[Name]
  > extends readonly unknown[]
    ? string[]
    : number
}
export interface SearchRequest extends Filters {
  sort?: Sort
  limit?: number
  offset?: number
}

type Told<One> = One extends unknown ? Omit<One, 'id' | 'occurred_at'> : never
/** What a shopper did. The server reads a search's filters as the search itself states them. */
export type Happening =
  Told<Exclude<Schemas['Event'], { type: 'search' }>> | { type: 'search'; filters: Filters }
export type Impression = Extract<Happening, { type: 'impression' }>

/**
 * A happening as it is sent. The id makes a repeated sending count once; without a time it happened
 * when the server hears of it.
 */
export type Event = Happening & { id: string; occurred_at?: string }

/** RFC 9457. All parts may be missing: a proxy's error has none of them. */
export interface ProblemBody {
  title?: string
  status?: number
  detail?: string
  code?: string
  errors?: { field: string; message: string }[]
}
