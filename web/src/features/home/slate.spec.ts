import { expect, test } from 'vitest'
import { hideReasons } from '@/tracking/useHiding'
import { card, recommended as listed } from '@/testing/network'
import { excludes } from './excludes'
import {
  alike,
  continued,
  everyId,
  longer,
  newsOf,
  personalSlate,
  popularSlate,
  restored,
  seen,
  step,
  usualReason,
  without,
} from './slate'

function answer(length: number, first = 1) {
  const recommended = Array.from({ length }, (_, i) => ({
    ...listed(card(first + i), 'New'),
    propensity: 0.5,
    random: i === 1,
    eligible: 90,
  }))
  return { recommended, slate: `s${first}`, version: 3, personal: true }
}
const mine = (length: number, first = 1) => personalSlate(answer(length, first), new Set(), 'me', 0)
const ids = (cars: readonly { id: number }[]) => cars.map(({ id }) => id)

test('a hidden car is replaced in its very place and nothing else moves', () => {
  const slate = mine(14)
  const next = without(slate, 5)
  expect(ids(next.shown)).toEqual(ids(slate.shown).with(4, 13))
  expect(ids(next.spare)).toEqual([14])
})

test('a car brought back takes its very place again, in whatever order cars went', () => {
  const slate = mine(14)
  const both = without(without(slate, 5), 7)
  expect(ids(restored(restored(both, 5), 7).shown)).toEqual(ids(slate.shown))
  expect(restored(restored(both, 7), 5)).toEqual(slate)
  expect(restored(slate, 5)).toBe(slate)
})

test('without spare cars the list closes the gap and opens it again', () => {
  const slate = mine(3)
  expect(ids(without(slate, 2).shown)).toEqual([1, 3])
  expect(restored(without(slate, 2), 2)).toEqual(slate)
})

test('a car comes back to its place also when its stand-in has gone since', () => {
  const gone = without(without(mine(14), 5), 13)
  expect(ids(restored(gone, 5).shown)).toEqual([1, 2, 3, 4, 5, 14, 6, 7, 8, 9, 10, 11, 12])
})

/** A slate of a market in which every combination of a few facts stands for sale. */
function varied() {
  const brands = ['Skoda', 'BMW', 'Fiat']
  const recommended = Array.from({ length: 60 }, (_, i) => ({
    ...listed(
      card(i + 1, {
        brand: brands[i % 3] ?? '',
        body: i % 4 < 2 ? 'Estate' : 'SUV',
        selling_price: 8_000 + ((i * 7_919) % 23_000),
        year: 2008 + ((i * 5) % 14),
        km_driven: i % 9 === 8 ? null : 10_000 + ((i * 31_337) % 190_000),
        region: ['Brno', 'Graz', null][i % 3] ?? null,
        latitude: i % 7 === 6 ? null : 48 + (i % 5),
        longitude: i % 7 === 6 ? null : 14 + (i % 4),
      }),
      'New',
    ),
  }))
  return personalSlate({ recommended, slate: 's', version: 1, personal: true }, new Set(), 'me', 0)
}

test('no reason is given that the car stepping in repeats, while another one is there', () => {
  for (const here of [null, { latitude: 50, longitude: 14 }]) {
    for (const reason of hideReasons) {
      for (const car of varied().shown) {
        const slate = without(varied(), car.id, reason, here)
        const [gone] = slate.gone
        const standIn = slate.shown[gone?.at ?? -1]
        if (!standIn) throw new Error('there are spares')
        const against = varied().spare.map((one) => excludes(reason, car, one, here))
        const best = varied().spare[Math.max(against.indexOf(false), 0)]
        expect(standIn.id, `${reason} of ${car.id}`).toBe(best?.id)
        expect(restored(slate, car.id)).toEqual(varied())
      }
    }
  }
})

test('a reason given before still counts for the next car that steps in', () => {
  const priced = (id: number, price: number) =>
    listed(card(id, { selling_price: price, brand: `Make ${id}` }), 'New')
  const recommended = [
    ...Array.from({ length: 12 }, (_, i) => priced(i + 1, 20_000)),
    priced(13, 25_000),
    priced(14, 19_000),
    priced(15, 26_000),
    priced(16, 18_000),
  ]
  const all = { recommended, slate: 's', version: 1, personal: true }
  const dear = without(personalSlate(all, new Set(), 'me', 0), 1, 'too_expensive')
  expect(dear.shown[0]?.id).toBe(14)
  expect(without(dear, 2, 'not_this_make').shown[1]?.id).toBe(16)
  expect(without(dear, 2, 'too_expensive').shown[1]?.id).toBe(16)
})

test('where the reason speaks against every spare car, the first steps in', () => {
  const slate = without(mine(14), 5, 'not_this_make')
  expect(slate.shown[4]?.id).toBe(13)
})

test('what a car does not state speaks against nothing', () => {
  const unknown = card(2, { km_driven: null, body: null, region: null })
  for (const reason of ['too_many_km', 'not_this_body', 'too_far'] as const) {
    expect(excludes(reason, card(1), unknown, null)).toBe(false)
    expect(excludes(reason, unknown, card(1), null)).toBe(false)
    expect(excludes(reason, card(1), card(2), null), 'the same is excluded').toBe(true)
  }
})

test('hiding a spare car leaves the shown ones alone', () => {
  const slate = mine(14)
  expect(without(slate, 13).shown).toEqual(slate.shown)
  expect(ids(without(slate, 13).spare)).toEqual([14])
})

test('cars hidden a moment ago do not come back', () => {
  const slate = personalSlate(answer(30), new Set([1, 3]), 'me', 0)
  expect(ids(slate.shown).slice(0, 3)).toEqual([2, 4, 5])
  expect(slate.shown).toHaveLength(step)
})

test('a longer list goes on where it ended, and never shows a car twice', () => {
  const slate = longer(mine(20))
  expect(ids(slate.shown)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  const more = continued(without(slate, 3), answer(6, 17))
  expect(ids(more.spare)).toEqual([21, 22])
  expect(everyId(more).sort((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1))
})

test('what is known of chance holds only for the place a car came with', () => {
  const [, second] = mine(26).shown
  if (!second) throw new Error('there are two')
  const shown = { slate: 's1', listing_id: 2 }
  const chance = { propensity: 0.5, random: true, eligible: 90 }
  expect(seen(second, 2)).toEqual({ ...shown, position: 2, ...chance })
  expect(seen(second, 1)).toEqual({ ...shown, position: 1 })
  const inArm = { ...second, arm: 'x/bolder' }
  expect(seen(inArm, 2)?.arm).toBe('x/bolder')
  expect(seen(inArm, 1)).toEqual({ ...shown, position: 1, arm: 'x/bolder' })
  const [popular] = popularSlate([card(1)], 'nobody', 0).shown
  expect(popular && seen(popular, 1)).toBeNull()
})

test('cars of a later answer are reported with its slate and without their chance', () => {
  const slate = longer(continued(mine(12), answer(3, 50)))
  const [car] = slate.shown.slice(12)
  expect(car && seen(car, 13)).toEqual({ slate: 's50', listing_id: 50, position: 13 })
})

test('the reason of more than half of the cars is the usual one', () => {
  const shown = ['New', 'New', 'Near'].map((reason, id) => ({ ...card(id), reason }))
  const slate = mine(0)
  expect(usualReason({ ...slate, shown })).toBe('New')
  expect(usualReason({ ...slate, shown: shown.slice(1) })).toBeNull()
  expect(usualReason({ ...slate, shown: shown.slice(2) })).toBe('Near')
  expect(usualReason(popularSlate([card(1)], 'nobody', 0))).toBeNull()
  expect(usualReason(slate)).toBeNull()
})

test('slates are alike whose first cars are the same in the same order', () => {
  expect(alike(longer(mine(30)), mine(30))).toBe(true)
  expect(alike(mine(30), mine(30, 2))).toBe(false)
  expect(alike(mine(3), mine(2))).toBe(false)
  expect(alike(mine(0), mine(3))).toBe(false)
})

test('the news of a list are its new cars, and what most of those are there for', () => {
  const at = '2026-11-02T10:00:00Z'
  const why = {
    key: 'like_viewed',
    part: 'cars',
    values: { make: 'Skoda' },
    cause: [{ type: 'view', listing_id: 9, at, unit: 0 }],
  }
  const old = mine(3)
  const added = [4, 5, 6].map((id) => listed(card(id), 'Like', id < 6 ? why : {}))
  const newer = { ...old, shown: [...old.shown.slice(0, 1), ...added] }
  expect(newsOf(old, newer)).toEqual({ count: 3, why })
  expect(newsOf(old, { ...newer, shown: newer.shown.slice(-1) })).toEqual({ count: 1, why: null })
  expect(newsOf(old, old)).toEqual({ count: 0, why: null })
  const later = { ...old, asked: Date.parse(at) + 1 }
  expect(newsOf(later, newer), 'that was known to the older list').toEqual({ count: 3, why: null })
})
