import { expect, test } from 'vitest'
import { bodies, bodyOf, ground, type BodyName } from './bodies'
import { points, spanAt } from './curve'
import { paintOf } from './paints'
import { chance, tintOf } from './scene'

const names = Object.keys(bodies) as BodyName[]

test.each(names)('no wheel arch of the %s breaks through the body above it', (name) => {
  const { axles, wheel, outline } = bodies[name]
  for (const axle of axles) {
    const top = ground - 2 * wheel - 17
    for (const x of [axle - wheel / 2, axle, axle + wheel / 2])
      expect(top - spanAt(points(outline), x)[0]).toBeGreaterThan(12)
  }
})

test.each(names)('the windows of the %s are inside its body', (name) => {
  const { glass, outline, behind } = bodies[name]
  if (behind) return // an open car's screen stands above it
  for (const { x, y } of points(glass)) expect(y).toBeGreaterThan(spanAt(points(outline), x)[0] + 4)
})

test.each(names)('the %s stands within the picture, on the ground', (name) => {
  const { outline, axles, wheel, sill } = bodies[name]
  for (const { x, y } of points(outline)) {
    expect(x).toBeGreaterThan(40)
    expect(x).toBeLessThan(960)
    expect(y).toBeGreaterThan(60)
  }
  expect(sill).toBeLessThan(ground)
  expect(axles[0] + wheel).toBeLessThan(axles[1] - wheel)
})

test('bodies and paints are known in any case and by other words, nothing else is', () => {
  expect([bodyOf('SUV'), bodyOf(' Sedan'), bodyOf('city car')]).toEqual(['suv', 'saloon', 'city'])
  expect([bodyOf('other'), bodyOf('toString'), bodyOf(null)]).toEqual([null, null, null])
  expect([paintOf('Dark BLUE metallic'), paintOf('Gray')]).toEqual(['blue', 'grey'])
  expect([paintOf('constructor'), paintOf(null)]).toEqual(['unknown', 'unknown'])
})

test('neighbouring ids have backdrops of their own', () => {
  const tints = Array.from({ length: 900 }, (_, id) => tintOf(id))
  const counts = [...new Set(tints)].map((tint) => tints.filter((one) => one === tint).length)
  expect(Math.min(...counts)).toBeGreaterThan(60)
  expect(chance(1, 1)).not.toBe(chance(1, 2))
})
