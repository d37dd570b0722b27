/** What a reason to hide a car says about others. Pure. */

import type { Card, DismissReason } from '@/api/schema'

export interface Point {
  latitude: number
  longitude: number
}

/**
 * Return whether the reason that a car was hidden for speaks against another one too: it is no
 * cheaper, no newer, of the same make, ... What one of them does not state speaks against nothing.
 */
export function excludes(
  reason: DismissReason | null,
  hidden: Card,
  other: Card,
  here: Point | null,
): boolean {
  switch (reason) {
    case 'too_expensive':
      return other.selling_price >= hidden.selling_price
    case 'too_old':
      return other.year <= hidden.year
    case 'too_many_km':
      return (
        hidden.km_driven !== null && other.km_driven !== null && other.km_driven >= hidden.km_driven
      )
    case 'too_far':
      return isAsFar(hidden, other, here)
    case 'not_this_make':
      return other.brand.toLowerCase() === hidden.brand.toLowerCase()
    case 'not_this_body':
      return hidden.body !== null && other.body === hidden.body
    case 'other':
    case null:
      return false
  }
}

/** Without the shopper's place all that is known is that a car of the same place is as far. */
function isAsFar(hidden: Card, other: Card, here: Point | null): boolean {
  const [near, far] = [here && way(here, other), here && way(here, hidden)]
  if (near !== null && far !== null) return near >= far
  return hidden.region !== null && other.region === hidden.region
}

/** Return how far a car is, in degrees of latitude; null where it does not say. */
function way(here: Point, { latitude, longitude }: Card): number | null {
  if (latitude === null || longitude === null) return null
  const narrower = Math.cos((here.latitude * Math.PI) / 180)
  return Math.hypot(latitude - here.latitude, (longitude - here.longitude) * narrower)
}
