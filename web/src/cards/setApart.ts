/** What sets a car apart from another, the weightiest first. Pure. */

import type { Closest } from '@/api/schema'
import { isolated } from '@/i18n/isolated'
import type { Differences } from '@/i18n/useDifferences'

/** What one notices, of the other car's own value and at least: as the server's trade-offs count. */
const steps: Readonly<Record<keyof Differences, readonly [share: number, least: number]>> = {
  selling_price: [0.05, 1],
  year: [0, 1],
  km_driven: [0.1, 2_000],
  power_hp: [0.1, 5],
}

/** Return how many noticeable steps a car is away in one respect. */
export function weight(car: Closest, field: keyof Differences): number {
  const difference = car.differences[field] ?? 0
  const [share, least] = steps[field]
  return Math.abs(difference) / Math.max(least, share * ((car[field] ?? 0) - difference))
}

/** Return what the car is where the other is something else: a make with its model as one. */
export function kinds(car: Closest): { name: string | null; words: string[] } {
  const differs = (field: string) => car.different.includes(field)
  const named = differs('brand') ? [car.brand, car.model] : [differs('model') ? car.model : null]
  return {
    name: isolated(named.filter((part) => part !== null).join(' ')) || null,
    words: (['body', 'fuel', 'transmission'] as const)
      .filter(differs)
      .map((field) => car[field])
      .filter((value) => value !== null),
  }
}
