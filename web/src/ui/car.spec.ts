import { expect, test } from 'vitest'
import { cars, day, facts, power, price, title, words } from './car'

test('prices are whole, grouped and in their currency', () => {
  expect(price(12_500, 'EUR')).toBe('€12,500')
  expect(price(450_000, 'INR')).toBe('₹450,000')
  expect(price(900, 'GBP')).toBe('£900')
})

test('a currency nobody knows keeps its code', () => {
  expect(price(12_500, '??')).toBe('12,500 ??')
  expect(price(12_500, '')).toBe('12,500')
})

test('a title names the make once', () => {
  expect(title({ brand: 'Skoda', name: 'Octavia' })).toBe('Skoda Octavia')
  expect(title({ brand: 'Skoda', name: 'Škoda Octavia' })).toBe('Škoda Octavia')
  expect(title({ brand: 'Mercedes-Benz', name: 'MERCEDES BENZ C 220' })).toBe('MERCEDES BENZ C 220')
})

test('facts leave out what the seller did not state', () => {
  const unstated = {
    km_driven: null,
    fuel: null,
    transmission: null,
    body: null,
    power_hp: null,
    colour: null,
    region: null,
  }
  const car = {
    id: 1,
    brand: 'Kia',
    name: 'Ceed',
    year: 2020,
    selling_price: 1,
    currency: 'EUR',
    status: 'active',
  }
  expect(facts({ ...car, ...unstated })).toEqual(['2020'])
  expect(facts({ ...car, ...unstated, km_driven: 0, power_hp: 99 })).toEqual([
    '2020',
    '0 km',
    '99 hp',
  ])
})

test('values of the API read like words', () => {
  expect(['plugin_hybrid', 'Plugin Hybrid', 'suv', 'grey', 'Dark Blue', ''].map(words)).toEqual([
    'Plug-in hybrid',
    'Plug-in hybrid',
    'SUV',
    'Grey',
    'Dark blue',
    '',
  ])
})

test('counts, power and days read well', () => {
  expect([cars(0), cars(1), cars(1_234)]).toEqual(['0 cars', '1 car', '1,234 cars'])
  expect(power(100)).toBe('100 hp (74 kW)')
  expect(day('2026-11-03T10:00:00Z')).toBe('3 Nov 2026')
  expect(day('never')).toBe('')
})
