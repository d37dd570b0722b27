import { expect, test } from 'vitest'
import { fromQuery, toQuery } from '@/search/searchState'
import { ofAnyMake, relaxedBy, uncrossed } from './relaxing'

const step = (field: string, to: number | string[] | null) => ({
  ...{ field, from: 1, to, sentence: '', matches: 1 },
})

test('filters give way one after the other', () => {
  const state = fromQuery({
    brand: ['Skoda'],
    model: ['Octavia'],
    max_price: '9000',
    near_latitude: '49',
    near_longitude: '16',
    radius_km: '10',
    place: 'Brno',
  })
  expect(toQuery(relaxedBy(state, [step('max_price', 9_900)]))).toMatchObject({
    model: ['Octavia'],
    max_price: '9900',
  })
  const all = [step('max_price', 9_900), step('radius_km', 20), step('model', null)]
  expect(toQuery(relaxedBy(state, all))).toEqual({
    brand: ['Skoda'],
    max_price: '9900',
    near_latitude: '49',
    near_longitude: '16',
    radius_km: '20',
    place: 'Brno',
  })
  expect(toQuery(relaxedBy(state, [step('radius_km', null)]))).not.toHaveProperty('place')
})

test('a make that the server gives up leaves the model, as it counted', () => {
  const state = fromQuery({ brand: ['Skoda'], model: ['Golf'] })
  expect(toQuery(relaxedBy(state, [step('brand', null)]))).toEqual({ model: ['Golf'] })
  expect(ofAnyMake(state).map(({ next }) => toQuery(next))).toEqual([{ model: ['Golf'] }])
  expect(ofAnyMake(fromQuery({ brand: ['Skoda'] }))).toEqual([])
})

test('bounds the wrong way round are turned, or one of them goes', () => {
  const ways = uncrossed(fromQuery({ min_price: '9', max_price: '1', body: 'SUV' }))
  expect(ways.map(({ next }) => toQuery(next))).toEqual([
    { min_price: '1', max_price: '9', body: ['SUV'] },
    { max_price: '1', body: ['SUV'] },
    { min_price: '9', body: ['SUV'] },
  ])
  expect(uncrossed(fromQuery({ min_price: '1', max_price: '9' }))).toEqual([])
})
