import { expect, test } from 'vitest'
import { type Part, deepest, firstPart, partAfter } from './parts'

function allOf(total: number): Part[] {
  const parts = [firstPart]
  for (;;) {
    const next = partAfter(parts.at(-1) ?? firstPart, total)
    if (!next) return parts
    parts.push(next)
  }
}

test('the first parts are of 24 cars, later ones are longer, and none is skipped', () => {
  const parts = allOf(400)
  expect(parts.map(({ limit }) => limit)).toEqual([24, 24, 24, 24, 96, 96, 96, 96])
  parts.forEach((part, i) => {
    expect(part.offset).toBe(parts.slice(0, i).reduce((sum, { limit }) => sum + limit, 0))
  })
})

test('a list ends with its cars and never reaches further than the API looks', () => {
  expect(allOf(0)).toHaveLength(1)
  expect(allOf(24)).toHaveLength(1)
  expect(allOf(25)).toHaveLength(2)
  expect(Math.max(...allOf(1_000_000).map(({ offset }) => offset))).toBeLessThan(deepest)
})
