import { expect, test } from 'vitest'
import { title } from './car'

test('a title names the make once', () => {
  expect(title({ brand: 'Skoda', name: 'Octavia' })).toBe('Skoda Octavia')
  expect(title({ brand: 'Skoda', name: 'Škoda Octavia' })).toBe('Škoda Octavia')
  expect(title({ brand: 'Mercedes-Benz', name: 'MERCEDES BENZ C 220' })).toBe('MERCEDES BENZ C 220')
})
