import { expect, test } from 'vitest'
import { fromQuery, toQuery } from '@/search/searchState'
import { relaxedBy } from './relaxing'

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
