import { expect, test } from 'vitest'
import { chips } from './chips'
import {
  type SearchState,
  changed,
  contradiction,
  fromQuery,
  lastPage,
  slug,
  toQuery,
  toRequest,
} from './searchState'

const everything: SearchState = {
  filters: {
    brand: ['Skoda', 'BMW'],
    fuel: ['diesel'],
    body: ['estate'],
    transmission: ['manual'],
    min_price: 2_000,
    max_price: 10_000,
    min_year: 2010,
    max_year: 2020,
  },
  sort: '-price',
  page: 3,
}

test('an address holds the whole search', () => {
  expect(fromQuery(toQuery(everything))).toEqual(everything)
  const plain: SearchState = { filters: {}, sort: 'newest', page: 1 }
  expect(toQuery(plain)).toEqual({})
  expect(fromQuery({})).toEqual(plain)
})

test('what makes no sense in an address is left out', () => {
  const odd = {
    brand: ['', ' ', null],
    min_price: '-5',
    max_price: '1e9',
    min_year: '20',
    sort: 'x',
    page: '0',
  }
  expect(fromQuery(odd)).toEqual({ filters: {}, sort: 'newest', page: 1 })
  expect(fromQuery({ brand: ' Skoda ' }).filters).toEqual({ brand: ['Skoda'] })
  expect(fromQuery({ page: '999999999' }).page).toBe(lastPage(Infinity))
})

test('a changed filter starts at the first page again', () => {
  const state = changed(everything, 'brand', ['Kia'])
  expect([state.page, state.filters.brand, state.sort]).toEqual([1, ['Kia'], '-price'])
  expect(changed(everything, 'brand', []).filters).not.toHaveProperty('brand')
  expect(changed(everything, 'max_price', null).filters).not.toHaveProperty('max_price')
})

test('pages ask for 24 cars and never further than the API looks', () => {
  expect(toRequest({ ...everything, page: 2 })).toMatchObject({ limit: 24, offset: 24 })
  expect([0, 1, 24, 25].map(lastPage)).toEqual([1, 1, 1, 2])
  const { offset } = toRequest({ ...everything, page: lastPage(1_000_000) })
  expect(offset).toBeLessThanOrEqual(10_000)
})

test('each filter in use has a chip that removes it alone', () => {
  const all = chips(everything, 'EUR')
  expect(all.map((chip) => chip.words)).toEqual([
    'Skoda',
    'BMW',
    'Diesel',
    'Estate',
    'Manual',
    'From €2,000',
    'Up to €10,000',
    'From 2010',
    'Up to 2020',
  ])
  expect(all[0]?.without.filters.brand).toEqual(['BMW'])
  expect(all[6]?.without.filters).not.toHaveProperty('max_price')
})

test('names go to the API in its own spelling', () => {
  expect(slug('Plugin Hybrid')).toBe('plugin_hybrid')
})

test('contradicting bounds are named', () => {
  expect(contradiction({ min_price: 2, max_price: 1 })).toContain('price')
  expect(contradiction({ min_year: 2020, max_year: 2010 })).toContain('year')
  expect(contradiction({ min_price: 2, max_year: 2010 })).toBeNull()
})
