/**
 * Side views of ten kinds of car, as corner points.
 *
 * 200 by 110 units, the car looks right, the ground is at y = 92. Corners are rounded when drawn,
 * which keeps a car to a dozen numbers.
 */

type Point = readonly [x: number, y: number]

export interface Shape {
  outline: readonly Point[]
  glass: readonly (readonly Point[])[]
  /** x of the rear and the front axle. */
  axles: readonly [number, number]
  wheel: number
  /** Height of the lamps and x of door seams, the first behind the front door's window. */
  lamps: number
  doors: readonly number[]
}

/** Read points written as in SVG: "9,83 7,60". */
function points(text: string): Point[] {
  return text.split(' ').map((point) => {
    const [x = 0, y = 0] = point.split(',').map(Number)
    return [x, y]
  })
}

const saloon: Shape = {
  outline: points('9,83 7,60 12,51 46,48 72,29 112,28 141,50 182,55 192,64 193,83'),
  glass: [points('56,49 75,33 94,33 94,50'), points('98,33 110,33 132,51 98,50')],
  axles: [43, 155],
  wheel: 13,
  lamps: 61,
  doors: [96, 62, 131],
}

const hatchback: Shape = {
  outline: points('20,83 18,58 30,32 50,27 104,27 138,51 172,56 181,65 182,83'),
  glass: [points('35,50 43,33 87,32 87,51'), points('91,32 103,32 129,52 91,51')],
  axles: [48, 150],
  wheel: 13,
  lamps: 60,
  doors: [89, 57, 128],
}

const estate: Shape = {
  outline: points('8,83 6,58 17,31 32,27 112,27 142,50 182,55 192,64 193,83'),
  glass: [
    points('20,49 28,33 54,32 54,49'),
    points('58,32 94,32 94,50 58,49'),
    points('98,32 111,32 133,51 98,50'),
  ],
  axles: [42, 155],
  wheel: 13,
  lamps: 59,
  doors: [96, 60, 132],
}

const suv: Shape = {
  outline: points('12,80 10,50 20,22 34,18 112,18 139,42 178,47 188,57 189,80'),
  glass: [
    points('22,41 30,24 52,23 52,41'),
    points('56,23 92,23 92,42 56,41'),
    points('96,23 110,23 131,43 96,42'),
  ],
  axles: [44, 152],
  wheel: 15.5,
  lamps: 52,
  doors: [94, 60, 130],
}

const mpv: Shape = {
  outline: points('11,83 9,52 19,23 34,18 108,18 152,48 180,56 190,66 190,83'),
  glass: [
    points('21,45 29,25 55,24 55,46'),
    points('59,24 96,24 96,47 59,46'),
    points('100,24 107,24 140,48 100,47'),
  ],
  axles: [43, 154],
  wheel: 13,
  lamps: 61,
  doors: [98, 57, 137],
}

const coupe: Shape = {
  outline: points('9,84 8,62 16,52 36,50 74,34 106,33 138,53 182,59 192,68 193,84'),
  glass: [points('52,52 77,38 105,38 128,54 70,54')],
  axles: [44, 156],
  wheel: 14,
  lamps: 64,
  doors: [78, 132],
}

const convertible: Shape = {
  outline: points('10,84 9,62 18,54 60,55 64,58 118,58 124,54 180,59 191,68 192,84'),
  glass: [points('105,35 109,34 131,56 122,56')],
  axles: [44, 155],
  wheel: 13.5,
  lamps: 65,
  doors: [74, 126],
}

const pickup: Shape = {
  outline: points('5,79 5,49 78,49 86,24 96,20 124,20 146,45 184,50 194,59 195,79'),
  glass: [points('86,44 92,26 106,25 106,45'), points('110,25 122,25 139,46 110,45')],
  axles: [40, 158],
  wheel: 15.5,
  lamps: 55,
  doors: [108, 82, 138],
}

const van: Shape = {
  outline: points('9,82 8,26 14,13 128,13 140,18 166,47 186,54 193,64 193,82'),
  glass: [points('122,23 134,24 157,48 122,48')],
  axles: [42, 158],
  wheel: 13.5,
  lamps: 60,
  doors: [118, 66, 154],
}

const shapes: Readonly<Record<string, Shape>> = {
  saloon,
  hatchback,
  estate,
  suv,
  mpv,
  coupe,
  convertible,
  pickup,
  van,
  sedan: saloon,
}

/** Return the shape of a body type in any case; a hatchback where it is not known. */
export function shapeOf(body: string | null): Shape {
  return shapes[(body ?? '').toLowerCase()] ?? hatchback
}

const paints: Readonly<Record<string, string>> = {
  white: '#eceff1',
  black: '#2b3036',
  grey: '#7b838b',
  gray: '#7b838b',
  silver: '#b8c0c6',
  blue: '#2f66a9',
  red: '#b5323a',
  green: '#35735a',
  brown: '#71503c',
  beige: '#cdbf9f',
  orange: '#d0752c',
  yellow: '#dcb23a',
  purple: '#66508f',
  gold: '#b99b5b',
}

/** Return the paint for a colour's name, e.g. of "Dark blue"; a quiet grey where not known. */
export function paintOf(colour: string | null): string {
  const words = (colour ?? '').toLowerCase().split(/[^a-z]+/)
  const known = words.find((word) => word in paints)
  return (known && paints[known]) ?? '#8d979c'
}

/** Return an SVG path through the points with each corner rounded by at most `radius`. */
export function rounded(points: readonly Point[], radius: number): string {
  const path = points.map((corner, i) => {
    const before = points.at(i - 1) ?? corner
    const after = points[(i + 1) % points.length] ?? corner
    const [fromX, fromY] = towards(corner, before, radius)
    const [toX, toY] = towards(corner, after, radius)
    return `${i ? 'L' : 'M'}${fromX} ${fromY}Q${corner[0]} ${corner[1]} ${toX} ${toY}`
  })
  return `${path.join('')}Z`
}

/** Return the point `distance` from `from` towards `to`, at most half way. */
function towards(from: Point, to: Point, distance: number): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const part = Math.min(distance / Math.hypot(dx, dy), 0.5)
  return [round(from[0] + dx * part), round(from[1] + dy * part)]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
