import { expect, test } from 'vitest'
import { boundsAt, inMiles, inOrder, moved, placeOf, placesOf, roundedTo } from './range'

/** As of prices: the outermost bins are wider than the others. */
const prices = { edges: [0, 5_000, 10_000, 40_000], counts: [3, 5, 2] }
const years = { edges: [2015, 2016, 2017, 2018], counts: [1, 1, 1] }

test('a value stands among the edges where its bin has it', () => {
  expect([-1, 0, 2_500, 5_000, 25_000, 40_000, 99_999].map((v) => placeOf(prices, v))).toEqual([
    0, 0, 0.5, 1, 2.5, 3, 3,
  ])
  expect(placeOf({ edges: [], counts: [] }, 5)).toBe(0)
})

test('bounds and places tell of each other', () => {
  for (const bounds of [
    { low: null, high: null },
    { low: 5_000, high: 10_000 },
    { low: 5_000, high: null },
    { low: null, high: 5_000 },
  ]) {
    expect(boundsAt(prices, placesOf(prices, bounds, false), false)).toEqual(bounds)
  }
})

test('a year counts whole', () => {
  expect(placesOf(years, { low: 2016, high: 2016 }, true)).toEqual([1, 2])
  expect(boundsAt(years, [1, 2], true)).toEqual({ low: 2016, high: 2016 })
})

test('the thumb that stands still keeps its exact value', () => {
  const before = { low: 1_234, high: 7_777 }
  const [, to] = placesOf(prices, before, false)
  expect(moved(prices, before, [1, to], false)).toEqual({ low: 5_000, high: 7_777 })
})

test('bounds the wrong way round are turned', () => {
  expect(inOrder({ low: 9, high: 1 })).toEqual({ low: 1, high: 9 })
  expect(inOrder({ low: 9, high: null })).toEqual({ low: 9, high: null })
})

test('the edges are round in the unit that the shopper reads', () => {
  const counts = Array.from({ length: 24 }, () => 1)
  const edges = Array.from({ length: 25 }, (_, i) => i * 10_000)
  const miles = roundedTo({ edges, counts }, 1 / 1.609344).edges.map((km) => km / 1.609344)
  expect(miles.map(Math.round).slice(0, 6)).toEqual([0, 6_000, 12_000, 19_000, 25_000, 31_000])
  expect(new Set(miles).size).toBe(25)
  expect(roundedTo({ edges, counts }, 1).edges).toEqual(edges)
  expect(Number(inMiles(55_000)) / 1.609344).toBeCloseTo(34_000, 0)
  expect(roundedTo({ edges: [], counts: [] }, 0.6).edges).toEqual([])
})
