/** Smooth lines through points, written as in SVG: "9,83 7,60! 20,40", "!" marks a corner. */

export interface Point {
  x: number
  y: number
  corner: boolean
}

/** Return the points of a line. */
export function points(text: string): Point[] {
  return text.split(/\s+/).map((word) => {
    const corner = word.endsWith('!')
    const [x = 0, y = 0] = word.replace('!', '').split(',').map(Number)
    return { x, y, corner }
  })
}

/**
 * Return an SVG path that passes through all points, round except at corners.
 *
 * A Catmull-Rom spline as Bézier curves; the pull of a neighbour is bounded by the length of the
 * piece, so that near points next to far ones make no loops.
 */
export function through(line: readonly Point[], closed = false): string {
  const count = line.length
  const at = (i: number): Point | undefined =>
    closed ? line[(i + count) % count] : line[Math.min(Math.max(i, 0), count - 1)]
  let path = ''
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    if (!before || !from || !to || !after) continue
    const out = from.corner ? from : pulled(from, before, to, to)
    const into = to.corner ? to : pulled(to, after, from, from)
    if (!path) path = `M${from.x} ${from.y}`
    path += `C${round(out.x)} ${round(out.y)} ${round(into.x)} ${round(into.y)} ${to.x} ${to.y}`
  }
  return closed ? `${path}Z` : path
}

/** Return where the curve leaves `here` for `next`, along the direction from `back` to `ahead`. */
function pulled(here: Point, back: Point, ahead: Point, next: Point): Pick<Point, 'x' | 'y'> {
  const [dx, dy] = [ahead.x - back.x, ahead.y - back.y]
  const length = Math.hypot(dx, dy) || 1
  const reach = Math.hypot(next.x - here.x, next.y - here.y) / 3
  return { x: here.x + (dx / length) * reach, y: here.y + (dy / length) * reach }
}

/** Return where a line passes x: its highest and its lowest place there. */
export function spanAt(line: readonly Point[], x: number): [top: number, bottom: number] {
  const heights = line.slice(1).flatMap((to, i) => {
    const from = line[i]
    if (!from || from.x === to.x || (from.x - x) * (to.x - x) > 0) return []
    return [from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x)]
  })
  return [Math.min(...heights), Math.max(...heights)]
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}
