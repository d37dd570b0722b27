/** What sets one car apart from another, in words: "€500 cheaper", "2 years newer". */

import { useI18n } from 'vue-i18n'
import { useFormat } from './useFormat'

/** The other car less this one; only what both state and where they differ. */
export interface Differences {
  selling_price?: number
  year?: number
  km_driven?: number
  power_hp?: number
}

export interface Difference {
  field: keyof Differences
  text: string
  /** Whether most would call it an advantage of the other car. */
  better: boolean
}

export function useDifferences() {
  const { t } = useI18n()
  const format = useFormat()

  /** Return the differences in words, the price first. */
  return function told(differences: Differences, currency: string): Difference[] {
    const { selling_price, year, km_driven, power_hp } = differences
    const found: Difference[] = []
    const add = (field: keyof Differences, less: string, more: string, lessIsBetter: boolean) => {
      const difference = differences[field]
      if (!difference) return
      const fewer = difference < 0
      found.push({ field, text: fewer ? less : more, better: fewer === lessIsBetter })
    }
    const amount = (difference = 0, write: (size: number) => string) => write(Math.abs(difference))
    const money = amount(selling_price, (size) => format.price(size, currency))
    const way = amount(km_driven, format.distance)
    const force = amount(power_hp, format.horsepower)
    const years = Math.abs(year ?? 0)
    add(
      'selling_price',
      t('differences.cheaper', { by: money }),
      t('differences.dearer', { by: money }),
      true,
    )
    add('year', t('differences.older', years), t('differences.newer', years), false)
    add('km_driven', t('differences.fewer', { by: way }), t('differences.more', { by: way }), true)
    add(
      'power_hp',
      t('differences.weaker', { by: force }),
      t('differences.stronger', { by: force }),
      false,
    )
    return found
  }
}
