/** Wheels: five designs, drawn once for the whole page in a square from -100 to 100. */

import { round } from './curve'

type Spot = readonly [x: number, y: number]

/** Return one path of a shape repeated around the hub. */
function around(count: number, ...shapes: readonly (readonly Spot[])[]): string {
  let path = ''
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
    for (const shape of shapes) {
      const turned = shape.map(
        ([x, y]) => `${round(x * cosine - y * sine)} ${round(x * sine + y * cosine)}`,
      )
      path += `M${turned.join('L')}Z`
    }
  }
  return path
}

/** A spoke from the hub to the rim, leaning by `lean` units at the rim. */
function spoke(foot: number, end: number, lean = 0, shift = 0): Spot[] {
  return [
    [shift - foot, -8],
    [shift * 0.9 - end + lean, -68],
    [shift * 0.9 + end + lean, -68],
    [shift + foot, -8],
  ]
}

function mirrored(shape: readonly Spot[]): Spot[] {
  return shape.map(([x, y]) => [-x, y])
}

const fork: Spot[] = [
  [-5, -8],
  [-4, -40],
  [-17, -68],
  [-9, -68],
  [0, -44],
  [9, -68],
  [17, -68],
  [4, -40],
  [5, -8],
]

export const designs: readonly string[] = [
  around(5, spoke(14, 9)),
  around(10, spoke(5, 4.5)),
  around(7, fork),
  around(5, spoke(4, 5, -9, -7), mirrored(spoke(4, 5, -9, -7))),
  around(9, [
    [-14, -20],
    [-21, -64],
    [-7, -69],
    [10, -67],
    [6, -20],
  ]),
]

/** Return the markup of all wheels, as symbols that `<use>` places. */
export function wheelSymbols(): string {
  return designs
    .map(
      (spokes, i) =>
        `<symbol id="car-wheel-${i}" viewBox="-100 -100 200 200">` +
        '<circle r="100" fill="url(#car-tyre)"/>' +
        '<circle r="78" fill="url(#car-lip)"/><g transform="scale(1.06)"><circle r="68" fill="#14171a"/>' +
        '<circle r="47" fill="#6a7278"/><circle r="47" fill="url(#car-disc)"/>' +
        `<path d="${spokes}" fill="#0b0d0f" opacity=".55" transform="translate(2.5 3.5)"/>` +
        `<path d="${spokes}" fill="url(#car-alloy)" stroke="#fff" stroke-opacity=".35" stroke-width="1"/>` +
        '<circle r="17" fill="url(#car-alloy)"/><circle r="10" fill="#2a2f34"/>' +
        '<circle r="10" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="1.5"/></g></symbol>',
    )
    .join('')
}
