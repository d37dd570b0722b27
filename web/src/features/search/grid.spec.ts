import { expect, test } from 'vitest'
import { type Laid, gridOf } from './grid'

const gutter = 10
const high = 100
/** Rows of 100 pixels with 10 between them. */
const row = (index: number): Laid => ({
  index,
  start: index * (high + gutter),
  end: index * (high + gutter) + high,
})
const heightOf = (rows: number) => rows * (high + gutter) - gutter

/** Return where each drawn row begins, and how high the grid is, as a browser lays it out. */
function laidOut({ lines, template }: ReturnType<typeof gridOf>) {
  const tracks = template.split(' ').map((track) => (track === 'auto' ? high : parseInt(track)))
  const starts = tracks.map((_, i) =>
    tracks.slice(0, i).reduce((sum, one) => sum + one + gutter, 0),
  )
  return {
    starts: lines.map(({ line }) => starts[line - 1]),
    height: tracks.reduce((sum, one) => sum + one + gutter, -gutter),
  }
}

test.each([
  [[0, 1, 2]],
  [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [[4, 5, 6]],
  [[0, 5, 6]],
  [[2, 5, 6, 9]],
  [[7, 8, 9]],
  [[1]],
])('rows %j of ten stand where they would in the whole grid', (drawn) => {
  const grid = gridOf(drawn.map(row), heightOf(10), gutter)
  expect(laidOut(grid)).toEqual({
    starts: drawn.map((index) => row(index).start),
    height: heightOf(10),
  })
})
