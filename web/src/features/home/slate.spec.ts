import { expect, test } from 'vitest'
import { card, recommended as listed } from '@/testing/network'
import {
  outdated,
  personalSlate,
  popularSlate,
  seen,
  shownLength,
  usualReason,
  without,
} from './slate'

function answer(length: number) {
  const recommended = Array.from({ length }, (_, i) => ({
    ...listed(card(i + 1), 'New'),
    propensity: 0.5,
    random: i === 1,
    eligible: 90,
  }))
  return { recommended, slate: 's', version: 3, personal: true }
}
const ids = (cars: readonly { id: number }[]) => cars.map(({ id }) => id)

test('a dismissed car is replaced in its very place and nothing else moves', () => {
  const slate = personalSlate(answer(26), new Set())
  const next = without(slate, 5)
  expect(ids(next.shown)).toEqual(ids(slate.shown).with(4, 25))
  expect(ids(next.spare)).toEqual([26])
})

test('without spare cars the list closes the gap', () => {
  expect(ids(without(personalSlate(answer(3), new Set()), 2).shown)).toEqual([1, 3])
})

test('dismissing a spare car leaves the shown ones alone', () => {
  const slate = personalSlate(answer(26), new Set())
  expect(without(slate, 25).shown).toEqual(slate.shown)
  expect(ids(without(slate, 25).spare)).toEqual([26])
})

test('cars dismissed a moment ago do not come back', () => {
  const slate = personalSlate(answer(30), new Set([1, 3]))
  expect(ids(slate.shown).slice(0, 3)).toEqual([2, 4, 5])
  expect(slate.shown).toHaveLength(shownLength)
})

test('what is known of chance holds only for the place a car came with', () => {
  const slate = personalSlate(answer(26), new Set())
  const [, second] = slate.shown
  const shown = { slate: 's', listing_id: 2 }
  expect(second && seen(slate, second, 2)).toEqual({
    ...shown,
    position: 2,
    propensity: 0.5,
    random: true,
    eligible: 90,
  })
  expect(second && seen(slate, second, 1)).toEqual({ ...shown, position: 1 })
  expect(second && seen(popularSlate([second]), second, 1)).toBeNull()
  const inArm = second && { ...second, arm: 'x/bolder' }
  expect(inArm && seen(slate, inArm, 2)?.arm).toBe('x/bolder')
  expect(inArm && seen(slate, inArm, 1)).toEqual({ ...shown, position: 1, arm: 'x/bolder' })
})

test('the reason of more than half of the cars is the usual one', () => {
  const shown = ['New', 'New', 'Near'].map((reason, id) => ({ ...card(id), reason }))
  const slate = personalSlate(answer(0), new Set())
  expect(usualReason({ ...slate, shown })).toBe('New')
  expect(usualReason({ ...slate, shown: shown.slice(1) })).toBeNull()
  expect(usualReason({ ...slate, shown: shown.slice(2) })).toBe('Near')
  expect(usualReason(popularSlate([card(1)]))).toBeNull()
  expect(usualReason(slate)).toBeNull()
})

test('only a newer version of a personal list makes it outdated', () => {
  const slate = personalSlate(answer(3), new Set())
  expect([2, 3, 4].map((version) => outdated(slate, version))).toEqual([false, false, true])
  expect(outdated(popularSlate([card(1)]), 9)).toBe(false)
  expect(outdated(null, 9)).toBe(false)
})
