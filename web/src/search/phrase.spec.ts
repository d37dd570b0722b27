import { expect, test } from 'vitest'
import type { PhraseChip } from '@/api/schema'
import { applied, corrections, keptOf } from './phrase'
import { everything, fromQuery, toQuery } from './searchState'

function chip(name: string, value: string, text = '', corrected = false): PhraseChip {
  return { name, value, text, start: 0, end: text.length, corrected }
}

test('what is typed comes on top of the search and replaces what the same field said', () => {
  const before = fromQuery({ fuel: 'Diesel', max_price: '9000', sort: 'price' })
  const next = applied(before, [chip('max_price', '15000'), chip('body', 'Estate')])
  expect(toQuery(next)).toEqual({
    fuel: ['Diesel'],
    max_price: '15000',
    body: ['Estate'],
    sort: 'price',
  })
})

test('several values of one field are alternatives', () => {
  const next = applied(fromQuery({}), [chip('body', 'Estate'), chip('body', 'SUV')], '-year')
  expect(toQuery(next)).toEqual({ body: ['Estate', 'SUV'], sort: '-year' })
})

test('another make leaves the models of the one before', () => {
  const before = fromQuery({ brand: 'Skoda', model: 'Octavia' })
  expect(toQuery(applied(before, [chip('brand', 'BMW')]))).toEqual({ brand: ['BMW'] })
})

test('another car takes the place of the one before, make and model', () => {
  const before = fromQuery({ brand: 'Skoda', body: 'Estate' })
  const golf = [chip('model', 'Golf'), chip('brand', 'Volkswagen')]
  const car = { brand: ['Volkswagen'], model: ['Golf'], body: ['Estate'] }
  expect(toQuery(applied(before, golf))).toEqual(car)
  const unmade = { model: ['Golf'], body: ['Estate'] }
  expect(toQuery(applied(before, [chip('model', 'Golf')]))).toEqual(unmade)
})

test('what is kept of a search is what the text says nothing of', () => {
  const before = fromQuery({
    ...{ brand: 'Skoda', fuel: 'Diesel', body: 'SUV', min_year: '2019', sort: 'price' },
    ...{ near_latitude: '49', near_longitude: '16', radius_km: '10', place: 'Brno' },
  })
  const said = [chip('brand', 'BMW'), chip('body', 'SUV'), chip('max_year', '2021')]
  const kept = keptOf(before, applied(before, said), applied(everything, said))
  expect(toQuery(kept)).toEqual({
    ...{ fuel: ['Diesel'] },
    ...{ near_latitude: '49', near_longitude: '16', radius_km: '10', place: 'Brno' },
  })
})

test('one bound of a number replaces both', () => {
  const before = fromQuery({ min_year: '2019', max_year: '2019', max_price: '9000' })
  expect(toQuery(applied(before, [chip('min_year', '2021')]))).toEqual({
    min_year: '2021',
    max_price: '9000',
  })
})

test('a word taken for another is told once', () => {
  const chips = [
    chip('brand', 'Skoda', 'scoda', true),
    chip('brand', 'Skoda', 'scoda', true),
    chip('model', 'Octavia', 'octavia'),
  ]
  expect(corrections(chips)).toEqual([{ typed: 'scoda', name: 'brand', value: 'Skoda' }])
})
