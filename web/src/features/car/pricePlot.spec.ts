import { expect, test, vi } from 'vitest'

vi.stubGlobal('matchMedia', () => new EventTarget())
const { labelled } = await import('./pricePlot')

test('every axis has two labels at least, in order and upon it', () => {
  for (const least of [0, 17, 79_800, 83_999]) {
    for (const width of [2, 999, 8_400, 250_000]) {
      for (const step of [1, 50, 5_000, 100_000, 500_000]) {
        if (width / step > 1_000) continue
        const labels = labelled(least, least + width, step)
        expect(labels.length).toBeGreaterThan(1)
        expect(labels).toEqual(labels.toSorted((a, b) => a - b))
        expect(labels[0]).toBeGreaterThanOrEqual(least)
        expect(labels.at(-1)).toBeLessThanOrEqual(least + width)
      }
    }
  }
})

test('a step that fits is kept', () => {
  expect(labelled(0, 120_000, 50_000)).toEqual([0, 50_000, 100_000])
  expect(labelled(82_000, 91_000, 5_000)).toEqual([85_000, 90_000])
  expect(labelled(81_000, 89_000, 5_000)).toEqual([82_500, 85_000, 87_500])
  expect(labelled(5, 5, 1)).toEqual([5])
})
