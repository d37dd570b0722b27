import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { verdicts } from '@/api/client'
import type { Card } from '@/api/schema'
import { useFormat } from '@/i18n/useFormat'
import { useCompare } from '@/session/compare'
import type { Row } from './comparing'
import { useCars } from './useCars'

/** From the best deal to the worst. */
const order = ['great', 'good', 'fair', 'high', 'steep']

/** The cars laid side by side and the rows in which they are compared. */
export function useComparison() {
  const { t } = useI18n()
  const format = useFormat()
  const compare = useCompare()
  const { cars, problem, again } = useCars(() => compare.ids)
  const judged = useQuery({
    queryKey: computed(() => ['verdicts', compare.ids]),
    queryFn: ({ signal }) => (compare.ids.length > 0 ? verdicts(compare.ids, signal) : []),
  })

  const rows = computed<Row[]>(() => {
    const all = cars.value ?? []
    const price = (car: Card) => judged.data.value?.find(({ id }) => id === car.id)
    // Who wins a row can be bought.
    const competing = all.map(({ status }) => status === 'active')
    const said = (name: 'fuel' | 'transmission' | 'body' | 'colour' | 'seller_type'): Row => ({
      key: `fields.${name}`,
      texts: all.map((car) => car[name] && format.word(car[name])),
    })
    const measured = (
      key: string,
      numbers: (number | null)[],
      write: (value: number, car: Card) => string,
      better: 'less' | 'more',
    ): Row => ({
      key,
      texts: all.map((car, i) => {
        const value = numbers[i] ?? null
        return value === null ? null : write(value, car)
      }),
      numbers,
      competing,
      better,
    })
    const money = (value: number, car: Card) => format.price(value, car.currency)
    return [
      measured(
        'fields.selling_price',
        all.map((car) => car.selling_price),
        money,
        'less',
      ),
      {
        key: 'shelf.verdict',
        unknown: 'shelf.no_verdict',
        texts: all.map((car) => {
          const verdict = price(car)?.verdict
          return verdict ? t(`verdicts.${verdict}`) : null
        }),
        numbers: all.map((car) => {
          const verdict = price(car)?.verdict
          return verdict ? order.indexOf(verdict) : null
        }),
        competing,
        better: 'less',
      },
      {
        key: 'shelf.fair',
        unknown: 'shelf.no_verdict',
        texts: all.map((car) => {
          const fair = price(car)?.fair
          return fair == null ? null : money(fair, car)
        }),
      },
      measured(
        'fields.year',
        all.map((car) => car.year),
        String,
        'more',
      ),
      measured(
        'fields.km_driven',
        all.map((car) => car.km_driven),
        format.distance,
        'less',
      ),
      measured(
        'fields.power_hp',
        all.map((car) => car.power_hp),
        format.power,
        'more',
      ),
      said('fuel'),
      said('transmission'),
      said('body'),
      said('colour'),
      measured(
        'fields.owners',
        all.map((car) => car.owners),
        (value) => format.number(value),
        'less',
      ),
      said('seller_type'),
      { key: 'fields.region', texts: all.map((car) => car.region) },
      { key: 'fields.listed_at', texts: all.map((car) => format.ago(car.listed_at)) },
    ]
  })

  return { compare, cars, rows, problem, again }
}
