import { expect, test } from 'vitest'
import { title } from '@/ui/car'
import { isolated } from './isolated'

const opening = /[\u2066-\u2068]/g
const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0

test.each([
  'Octavia \u202ecod.exe',
  'سكودا 2.0',
  'אוקטביה (2019)',
  'ends early \u2069\u202e reversed',
  'never ends \u2067\u2066\u2068 any more',
  '\u200f',
])('%j is closed in, once, and lets nothing out', (text) => {
  const said = isolated(text)
  expect(said.startsWith('\u2068') && said.endsWith('\u2069')).toBe(true)
  expect(count(said, opening)).toBe(1)
  expect(count(said, /\u2069/g)).toBe(1)
  expect(isolated(said), 'twice is once').toBe(said)
})

test.each(['Škoda Octavia 2.0 TDI', 'Лада Веста', '大众', '🚗 <b>', ''])('%j stays', (text) => {
  expect(isolated(text)).toBe(text)
})

test('a name that a seller gave stands in sentences as one piece', () => {
  expect(title({ brand: 'Skoda', name: '\u202eaivatcO' })).toBe('\u2068Skoda \u202eaivatcO\u2069')
  expect(title({ brand: 'Skoda', name: 'Skoda Octavia' })).toBe('Skoda Octavia')
})
