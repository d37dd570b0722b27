/** The list on the home page and the rules by which it changes. Pure. */

import type { Card, Impression, RecommendedCard, Recommendations } from '@/api/schema'

/** A car of the list, and the place it came with, from 1, if it came with one. */
export type Listed = Card & Partial<Omit<RecommendedCard, keyof Card>> & { place?: number }

/** A car that went, where it stood, and which spare one stands there now, if any. */
interface Gone {
  car: Listed
  at: number
  standIn: number | null
}

export interface Slate {
  /** The cars shown, top first. */
  shown: readonly Listed[]
  /** The cars that step in for dismissed ones, best first. */
  spare: readonly Listed[]
  /** The cars that went, the last one first: each may come back to its place. */
  gone: readonly Gone[]
  /** Id and version of the recommendations; null for a list that is nobody's. */
  id: string | null
  version: number | null
  personal: boolean
}

export const shownLength = 24
export const spareLength = 12

/** Return the slate of a shopper, without the cars dismissed a moment ago. */
export function personalSlate(answer: Recommendations, dismissed: ReadonlySet<number>): Slate {
  const cards = answer.recommended
    .map((card, i) => ({ ...card, place: i + 1 }))
    .filter((card) => !dismissed.has(card.id))
  return {
    shown: cards.slice(0, shownLength),
    spare: cards.slice(shownLength),
    gone: [],
    id: answer.slate,
    version: answer.version,
    personal: answer.personal,
  }
}

/** Return the slate of a visitor who is not signed in. */
export function popularSlate(cards: readonly Listed[]): Slate {
  return { shown: cards, spare: [], gone: [], id: null, version: null, personal: false }
}

/**
 * Return the slate without one car. A spare one takes its very place, so nothing else moves; once
 * the spares are used up the list closes the gap.
 */
export function without(slate: Slate, id: number): Slate {
  const at = slate.shown.findIndex((card) => card.id === id)
  const car = slate.shown[at]
  const spare = slate.spare.filter((card) => card.id !== id)
  if (!car) return { ...slate, spare }
  const [next, ...rest] = spare
  return {
    ...slate,
    shown: slate.shown.toSpliced(at, 1, ...(next ? [next] : [])),
    spare: rest,
    gone: [{ car, at, standIn: next?.id ?? null }, ...slate.gone],
  }
}

/**
 * Return the slate with a car that had gone, in its very place: its stand-in steps back, and where
 * there is none any more the others make room.
 */
export function restored(slate: Slate, id: number): Slate {
  const back = slate.gone.find(({ car }) => car.id === id)
  if (!back) return slate
  const gone = slate.gone.filter((one) => one !== back)
  const place = slate.shown.findIndex((card) => card.id === back.standIn)
  const standIn = slate.shown[place]
  if (!standIn) return { ...slate, shown: slate.shown.toSpliced(back.at, 0, back.car), gone }
  return {
    ...slate,
    shown: slate.shown.with(place, back.car),
    spare: [standIn, ...slate.spare],
    gone,
  }
}

/**
 * Return what is reported when a car is seen at a position; null for a list that is nobody's. At
 * another place than it came with, nothing is known of its chance to be there; its arm stays.
 */
export function seen(
  { id }: Slate,
  car: Listed,
  position: number,
): Omit<Impression, 'type'> | null {
  if (id === null) return null
  const { arm, place, propensity, random, eligible } = car
  const impression = {
    slate: id,
    listing_id: car.id,
    position,
    ...(arm === undefined ? {} : { arm }),
  }
  if (place !== position || propensity == null) return impression
  return { ...impression, propensity, random: random ?? false, eligible: eligible ?? null }
}

/** Return the reason that more than half of the shown cars have, null if there is none. */
export function usualReason({ shown }: Slate): string | null {
  const times = (wanted?: string) => shown.filter(({ reason }) => reason === wanted).length
  return shown.find(({ reason }) => 2 * times(reason) > shown.length)?.reason ?? null
}

/** Return whether the shopper's list has changed since this slate was made. */
export function outdated(slate: Slate | null, newest: number): boolean {
  return slate?.version != null && newest > slate.version
}
