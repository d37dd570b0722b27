/** The list on the home page and the rules by which it changes. Pure. */

import type {
  Card,
  DismissReason,
  Impression,
  RecommendedCard,
  Recommendations,
  Why,
} from '@/api/schema'
import { type Point, excludes } from './excludes'

/** A car of the list: the slate it came with, and its place in it, from 1, if it came with one. */
export type Listed = Card &
  Partial<Omit<RecommendedCard, keyof Card>> & { slate?: string; place?: number }

/** A car that went, where it stood, and why, if that was said. */
interface Gone {
  car: Listed
  at: number
  reason: DismissReason | null
  /** Which spare one stands there now, if any, and where among the spares it was. */
  standIn: number | null
  from: number
}

export interface Slate {
  /** The cars shown, top first. */
  shown: readonly Listed[]
  /** The cars that come next, and step in for hidden ones; best first. */
  spare: readonly Listed[]
  /** The cars that went, the last one first: each may come back to its place. */
  gone: readonly Gone[]
  /** Of the shopper's state; 0 for a list that is nobody's. */
  version: number
  personal: boolean
  /** Whose list it is. */
  who: string
  /** When it was asked for, in milliseconds. */
  asked: number
}

/** How many cars are shown at first, and how many more at each wish. */
export const step = 12
/** How many are asked for at a time. */
export const askedLength = 36

/** Return the slate of a shopper, without the cars hidden a moment ago. */
export function personalSlate(
  answer: Recommendations,
  hidden: ReadonlySet<number>,
  who: string,
  asked: number,
): Slate {
  const cars = answer.recommended
    .map((card, i) => ({ ...card, slate: answer.slate, place: i + 1 }))
    .filter((card) => !hidden.has(card.id))
  return { ...newSlate(cars, who, asked), version: answer.version, personal: answer.personal }
}

/** Return the slate of somebody who has done nothing yet. */
export function popularSlate(cars: readonly Listed[], who: string, asked: number): Slate {
  return newSlate(cars, who, asked)
}

function newSlate(cars: readonly Listed[], who: string, asked: number): Slate {
  const [shown, spare] = [cars.slice(0, step), cars.slice(step)]
  return { shown, spare, gone: [], version: 0, personal: false, who, asked }
}

/** Return the slate with some more of its spare cars shown. */
export function longer(slate: Slate): Slate {
  return {
    ...slate,
    shown: [...slate.shown, ...slate.spare.slice(0, step)],
    spare: slate.spare.slice(step),
  }
}

/**
 * Return the slate with the cars of another answer behind its own. That answer counted its places
 * from its own top, so nothing is known of their chance to be where they are.
 */
export function continued(slate: Slate, answer: Recommendations): Slate {
  const known = new Set(everyId(slate))
  const more = answer.recommended
    .filter(({ id }) => !known.has(id))
    .map((card) => ({ ...card, slate: answer.slate }))
  return { ...slate, spare: [...slate.spare, ...more] }
}

/** Return the ids of all cars that were ever part of a slate. */
export function everyId({ shown, spare, gone }: Slate): number[] {
  return [...shown, ...spare, ...gone.map(({ car }) => car)].map(({ id }) => id)
}

/**
 * Return the slate without one car. A spare one takes its very place, so nothing else moves; once
 * the spares are used up the list closes the gap. The first spare one that no reason given so far
 * speaks against steps in, else the first that this one does not, else the first.
 */
export function without(
  slate: Slate,
  id: number,
  reason: DismissReason | null = null,
  here: Point | null = null,
): Slate {
  const at = slate.shown.findIndex((card) => card.id === id)
  const spare = slate.spare.filter((card) => card.id !== id)
  const car = slate.shown[at]
  if (!car) return { ...slate, spare }
  const fits = (one: Listed) => (given: Pick<Gone, 'car' | 'reason'>) =>
    !excludes(given.reason, given.car, one, here)
  const now = { car, reason }
  const first = spare.findIndex((one) => [now, ...slate.gone].every(fits(one)))
  const from = Math.max(first >= 0 ? first : spare.findIndex((one) => fits(one)(now)), 0)
  const next = spare[from]
  return {
    ...slate,
    shown: slate.shown.toSpliced(at, 1, ...(next ? [next] : [])),
    spare: spare.toSpliced(from, 1),
    gone: [{ ...now, at, standIn: next?.id ?? null, from }, ...slate.gone],
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
    spare: slate.spare.toSpliced(back.from, 0, standIn),
    gone,
  }
}

/** Return the slate with its cars as they are told anew, each in its place. */
export function repriced(slate: Slate, anew: (car: Listed) => Listed): Slate {
  return { ...slate, shown: slate.shown.map(anew), spare: slate.spare.map(anew) }
}

/**
 * Return what is reported when a car is seen at a position; null for a list that is nobody's. At
 * another place than it came with, nothing is known of its chance to be there; its arm stays.
 */
export function seen(car: Listed, position: number): Omit<Impression, 'type'> | null {
  const { slate, arm, place, propensity, random, eligible } = car
  if (slate === undefined) return null
  const impression = { slate, listing_id: car.id, position, ...(arm === undefined ? {} : { arm }) }
  if (place !== position || propensity == null) return impression
  return { ...impression, propensity, random: random ?? false, eligible: eligible ?? null }
}

/** Return the reason that more than half of the shown cars have, null if there is none. */
export function usualReason({ shown }: Slate): string | null {
  const times = (wanted?: string) => shown.filter(({ reason }) => reason === wanted).length
  return shown.find(({ reason }) => 2 * times(reason) > shown.length)?.reason ?? null
}

/** Return whether two slates begin with the same cars in the same order. */
export function alike(one: Slate, other: Slate): boolean {
  const begin = ({ shown }: Slate) => shown.slice(0, step).map(({ id }) => id)
  return begin(one).join() === begin(other).join()
}

/** What a newer list brings. */
export interface News {
  /** How many of its cars the older list did not show. */
  count: number
  /**
   * What a third of them at least are there for, if that was done since the older list was asked
   * for: null where it is not that which changed the list.
   */
  why: Why | null
}

/** Return what a newer slate shows that an older one does not. */
export function newsOf(older: Slate, newer: Slate): News {
  const before = new Set(older.shown.map(({ id }) => id))
  const added = newer.shown.filter(({ id }) => !before.has(id))
  const times = new Map<string, { why: Why; count: number }>()
  for (const { why } of added) {
    const first = why?.cause[0]
    if (!why || !first || Date.parse(first.at) < older.asked) continue
    const key = `${why.key} ${first.type} ${first.listing_id ?? ''} ${first.at}`
    times.set(key, { why, count: (times.get(key)?.count ?? 0) + 1 })
  }
  const most = [...times.values()].sort((a, b) => b.count - a.count)[0]
  return { count: added.length, why: most && 3 * most.count >= added.length ? most.why : null }
}
