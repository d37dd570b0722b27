import { expect, test } from 'vitest'
import {
  type SearchState,
  contradiction,
  everything,
  fromQuery,
  keyOf,
  same,
  toQuery,
  toggled,
  withBounds,
  withChoices,
  withCircle,
  withParameter,
  withoutFilters,
} from './searchState'

const full: SearchState = {
  filters: {
    brand: ['Skoda', 'BMW'],
    model: ['Octavia'],
    body: ['Estate'],
    fuel: ['Plugin Hybrid'],
    transmission: ['Manual'],
    colour: ['Red'],
    seller_type: ['Dealer'],
    region: ['Brno'],
    min_price: 2_000,
    max_price: 10_000,
    min_year: 2010,
    max_year: 2020,
    min_mileage: 1_000,
    max_mileage: 150_000,
    min_power: 90,
    max_power: 200,
    max_owners: 2,
    near_latitude: 49.195,
    near_longitude: 16.607,
    radius_km: 50,
  },
  sort: 'distance',
  place: 'Brno',
}

test('an address holds the whole search', () => {
  expect(fromQuery(toQuery(full))).toEqual(full)
  expect(toQuery(everything)).toEqual({})
  expect(fromQuery({})).toEqual(everything)
})

test('what makes no sense in an address is left out', () => {
  const odd = {
    brand: ['', ' ', null, 'Skoda', 'Škoda'],
    body: ['Spaceship'],
    fuel: 'steam',
    transmission: ['', '__proto__'],
    min_price: '-5',
    max_price: '1e9',
    min_year: '20',
    max_owners: '100',
    near_latitude: '91',
    near_longitude: '16',
    radius_km: '50',
    place: 'Nowhere',
    sort: 'x',
  }
  expect(fromQuery(odd)).toEqual({ filters: { brand: ['Skoda'] }, sort: null, place: '' })
  expect(fromQuery({ near_latitude: '49', radius_km: '5' })).toEqual(everything)
})

test('a value the server knows has its name, however the address spells it', () => {
  const { filters } = fromQuery({ body: ['suv', 'Spaceship'], seller_type: 'DEALER' })
  expect(filters).toEqual({ body: ['SUV'], seller_type: ['Dealer'] })
})

test('a choice is taken back by taking it again, however it is spelled', () => {
  const slug = fromQuery({ fuel: 'plugin_hybrid' })
  expect(toggled(slug, 'fuel', 'Plugin Hybrid').filters).toEqual({})
  expect(toggled(slug, 'fuel', 'Diesel').filters.fuel).toEqual(['Plugin Hybrid', 'Diesel'])
})

test('other makes begin with all of their models: what a make counts is what it brings', () => {
  expect(toggled(full, 'brand', 'BMW').filters.model).toBeUndefined()
  expect(toggled(full, 'brand', 'Audi').filters).toMatchObject({ brand: ['Skoda', 'BMW', 'Audi'] })
  expect(toggled(full, 'brand', 'Audi').filters).not.toHaveProperty('model')
  expect(withChoices(full, 'brand', []).filters).not.toHaveProperty('model')
  expect(toggled(full, 'body', 'SUV').filters.model).toEqual(['Octavia'])
})

test('bounds are set and taken away together', () => {
  const { filters } = withBounds(full, 'selling_price', null, 7_000)
  expect(filters.max_price).toBe(7_000)
  expect(filters).not.toHaveProperty('min_price')
  expect(filters.min_year).toBe(2010)
})

test('without a place there is no order by distance', () => {
  const left = withoutFilters(full, ['radius_km', 'brand'])
  expect(left.sort).toBeNull()
  expect(left.place).toBe('')
  for (const name of ['brand', 'near_latitude', 'near_longitude', 'radius_km']) {
    expect(left.filters).not.toHaveProperty(name)
  }
  const circle = { latitude: 50, longitude: 14, kilometres: 25, place: 'Prague' }
  expect(withCircle(everything, circle)).toMatchObject({
    filters: { near_latitude: 50, radius_km: 25 },
    place: 'Prague',
  })
})

test('a suggested parameter takes the place of the one that is set', () => {
  expect(withParameter(full, 'max_price', '9000').filters.max_price).toBe(9_000)
  expect(withParameter(full, 'body', 'SUV').filters.body).toEqual(['SUV'])
})

test('equal searches have equal keys', () => {
  const { min_price, ...others } = full.filters
  const again = {
    ...full,
    filters: { ...others, ...(min_price === undefined ? {} : { min_price }) },
  }
  expect(keyOf(again)).toBe(keyOf(full))
  expect(keyOf(full)).not.toBe(keyOf(everything))
})

test('contradicting bounds are named', () => {
  expect(contradiction({ min_price: 2, max_price: 1 })).toBe('selling_price')
  expect(contradiction({ min_year: 2020, max_year: 2010 })).toBe('year')
  expect(contradiction({ min_price: 2, max_year: 2010 })).toBeNull()
})

test('names are compared as the server does', () => {
  expect(same('Škoda', 'skoda')).toBe(true)
  expect(same('Citroën C3', 'citroen c 3')).toBe(true)
  expect(same('+', '-')).toBe(false)
})
