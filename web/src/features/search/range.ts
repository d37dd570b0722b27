/** Where bounds stand on a histogram, and which bounds its edges mean. Pure. */

export interface Bins {
  /** One more than there are counts, ascending. */
  edges: readonly number[]
  counts: readonly number[]
}

export interface Bounds {
  low: number | null
  high: number | null
}

/**
 * Return the place of a value among the edges, in bins from the left: 1.5 is the middle of the
 * second bin. What lies outside stands at the end.
 */
export function placeOf({ edges }: Bins, value: number): number {
  const above = edges.findIndex((edge) => edge > value)
  if (above === 0) return 0
  const left = edges[above - 1]
  const right = edges[above]
  if (left === undefined || right === undefined) return Math.max(edges.length - 1, 0)
  return above - 1 + (value - left) / (right - left)
}

/**
 * Return the places of bounds. A year is counted whole: up to 2018 ends where 2019 begins, all
 * other numbers end where they are.
 */
export function placesOf(bins: Bins, { low, high }: Bounds, whole: boolean): [number, number] {
  const last = Math.max(bins.edges.length - 1, 0)
  const from = low === null ? 0 : placeOf(bins, low)
  const to = high === null ? last : placeOf(bins, whole ? high + 1 : high)
  return [Math.min(from, to), Math.max(from, to)]
}

/** Return the bounds that two places mean; an end of the histogram is no bound. */
export function boundsAt(bins: Bins, [from, to]: readonly number[], whole: boolean): Bounds {
  const last = bins.edges.length - 1
  const low = bins.edges[Math.round(from ?? 0)]
  const high = bins.edges[Math.round(to ?? last)]
  return {
    low: (from ?? 0) <= 0 || low === undefined ? null : low,
    high: (to ?? last) >= last || high === undefined ? null : whole ? high - 1 : high,
  }
}

/** Return the bounds after one thumb was moved: the one that stood still keeps its exact value. */
export function moved(
  bins: Bins,
  before: Bounds,
  places: readonly number[],
  whole: boolean,
): Bounds {
  const [from, to] = placesOf(bins, before, whole)
  const now = boundsAt(bins, places, whole)
  return {
    low: places[0] === from ? before.low : now.low,
    high: places[1] === to ? before.high : now.high,
  }
}

/**
 * Return a histogram whose edges are round numbers of another unit, of which one of its own is
 * `scale`: no edge moves by more than half a bin.
 */
export function roundedTo({ edges, counts }: Bins, scale: number): Bins {
  const widths = edges.slice(1).map((edge, i) => (edge - (edges[i] ?? 0)) * scale)
  const unit = 10 ** Math.floor(Math.log10(Math.min(...widths)))
  // A bin of 6,214 miles begins at a thousand; no two edges become one.
  const round = (edge: number) => Math.round((Math.round((edge * scale) / unit) * unit) / scale)
  return { edges: unit >= 1 && Number.isFinite(unit) ? edges.map(round) : edges, counts }
}

/** Return bounds in order: who writes the higher one first means the same. */
export function inOrder({ low, high }: Bounds): Bounds {
  return low !== null && high !== null && low > high ? { low: high, high: low } : { low, high }
}

const kmPerMile = 1.609344

/** Return kilometres, as a parameter, of which the nearest miles have two figures but noughts. */
export function inMiles(kilometres: number): string {
  const miles = Number((kilometres / kmPerMile).toPrecision(2))
  return String(Math.round(miles * kmPerMile))
}
