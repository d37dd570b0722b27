/** The shapes of a car in the order they are painted, made once for each body. */

import { bodies, ground, type Body, type BodyName } from './bodies'
import { points, round, spanAt, through, type Point } from './curve'

/** One path. `paint` stands for the car's own paint. */
export interface Part {
  d: string
  fill: string
  stroke?: string
  width?: number
  opacity?: number
}

export interface Wheel {
  x: number
  y: number
  radius: number
}

export interface Drawing {
  /** Behind the wheels, on the ground. */
  shadow: { x: number; y: number; across: number }
  parts: readonly Part[]
  wheels: readonly Wheel[]
  designs: readonly number[]
  /** What lights up at dusk. */
  beam: string
  tail: { x: number; y: number }
  /** x of the ends. */
  rear: number
  front: number
}

const drawn = new Map<BodyName, Drawing>()

/** Return the drawing of a body. */
export function drawingOf(name: BodyName): Drawing {
  const known = drawn.get(name)
  if (known) return known
  const made = draw(bodies[name])
  drawn.set(name, made)
  return made
}

function draw(body: Body): Drawing {
  const outline = points(body.outline)
  const xs = outline.map(({ x }) => x)
  const [rear, front] = [Math.min(...xs), Math.max(...xs)]
  const wheels = body.axles.map((x) => ({ x, y: ground - body.wheel, radius: body.wheel }))
  const shell = `${through(outline)}Z`
  const [lampX, lampY] = middle(body.headlamp)
  const [tailX, tailY] = middle(body.tailLamp)
  return {
    shadow: { x: (rear + front) / 2, y: ground - 1, across: (front - rear) / 2 + 26 },
    parts: [
      { d: floorPan(outline, body), fill: '#090b0d' },
      ...(body.behind ? [{ d: body.behind, fill: '#33383f' }] : []),
      { d: shell, fill: 'paint', stroke: 'var(--rim)', width: 1.5 },
      { d: shell, fill: 'url(#car-shade)' },
      { d: shell, fill: 'url(#car-round)' },
      ...folds(body),
      ...arches(body, wheels, shell),
      ...openings(outline, body),
      { d: body.seams, fill: 'none', stroke: '#000', width: 2, opacity: 0.36 },
      ...(body.extra ? [{ d: body.extra, fill: '#14181c', opacity: 0.86 }] : []),
      ...windows(body),
      { d: handles(body), fill: 'paint', stroke: '#000', width: 1.5, opacity: 0.75 },
      ...mirror(body),
      ...(body.rails ? [{ d: body.rails, fill: '#2b3138' }] : []),
      { d: body.headlamp, fill: 'url(#car-lamp)', stroke: '#1a1f24', width: 3 },
      { d: lenses(body.headlamp), fill: '#f4faff', stroke: '#222a32', width: 3 },
      { d: body.tailLamp, fill: 'url(#car-tail)', stroke: '#3a0508', width: 2 },
      { d: filament(body.tailLamp), fill: 'none', stroke: '#ffb3a8', width: 3, opacity: 0.85 },
    ],
    wheels,
    designs: body.wheels,
    beam: `M${lampX} ${lampY - 7}L1000 ${lampY - 34}L1000 ${lampY + 96}L${lampX} ${lampY + 9}Z`,
    tail: { x: tailX, y: tailY },
    rear,
    front,
  }
}

/** Return the points of a path in absolute coordinates, those that pull it included. */
function pointsOf(path: string): [x: number, y: number][] {
  return [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
}

function middle(path: string): [x: number, y: number] {
  const all = pointsOf(path)
  const sum = (part: 0 | 1) => all.reduce((total, point) => total + point[part], 0)
  return [round(sum(0) / all.length), round(sum(1) / all.length)]
}

/** Return two round lenses in a headlamp. */
function lenses(lamp: string): string {
  const all = pointsOf(lamp)
  const front = all.reduce((most, point) => (point[0] > most[0] ? point : most))
  const [x, y] = middle(lamp)
  const lens = (far: number, radius: number) => {
    const [cx, cy] = [round(x + (front[0] - x) * far), round(y + (front[1] - y) * far)]
    return `M${round(cx - radius)} ${cy}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`
  }
  return lens(0.42, 5) + lens(-0.12, 6)
}

/** Return the bright line in a tail lamp, along its longer side. */
function filament(lamp: string): string {
  const [xs, ys] = [pointsOf(lamp).map(([x]) => x), pointsOf(lamp).map(([, y]) => y)]
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top]
  const at = (x: number, y: number) => `${round(left + wide * x)} ${round(top + high * y)}`
  return wide > high
    ? `M${at(0.14, 0.42)}L${at(0.82, 0.36)}`
    : `M${at(0.52, 0.14)}L${at(0.4, 0.84)}`
}

function ends(outline: readonly Point[]): [Point, Point] {
  const [first, last] = [outline[0], outline.at(-1)]
  if (!first || !last) throw new Error('A body has an outline.')
  return [first, last]
}

function floorPan(outline: readonly Point[], { sill }: Body): string {
  const [first, last] = ends(outline)
  return `M${first.x + 20} ${sill - 20}L${last.x - 20} ${sill - 20}L${last.x - 44} ${sill + 8}L${first.x + 44} ${sill + 8}Z`
}

/** Return the light above the crease, the shade below it, and the road's light on the doors. */
function folds({ crease, axles, wheel, sill }: Body): Part[] {
  const line = points(crease)
  const band = (by: number) =>
    `${through(line)}${through(shifted(line, by).reverse()).replace('M', 'L')}Z`
  const [from, to] = [axles[0] + wheel + 22, axles[1] - wheel - 22]
  const low = sill - 46
  return [
    { d: band(-22), fill: 'url(#car-gleam)' },
    { d: band(34), fill: 'url(#car-fold)' },
    {
      d: `M${from} ${low + 14}C${from + 120} ${low - 6} ${to - 120} ${low - 10} ${to} ${low - 8}L${to - 6} ${low + 8}C${to - 120} ${low + 8} ${from + 120} ${low + 12} ${from} ${low + 26}Z`,
      fill: 'url(#car-road)',
    },
  ]
}

/** Return the line moved by `by`, tapering off towards its ends. */
function shifted(line: readonly Point[], by: number): Point[] {
  return line.map((point, i) => ({
    ...point,
    y: point.y + (i === 0 || i === line.length - 1 ? 0 : by),
  }))
}

function arches({ sill, clad }: Body, wheels: readonly Wheel[], shell: string): Part[] {
  const arc = ({ x, y, radius }: Wheel, more: number) => {
    const reach = radius + more
    const half = round(Math.sqrt(reach ** 2 - (sill - y) ** 2))
    return `M${x - half} ${sill}A${reach} ${reach} 0 1 1 ${x + half} ${sill}`
  }
  const all = (more: number) => wheels.map((wheel) => arc(wheel, more)).join('')
  return [
    { d: shell, fill: clad ? 'url(#car-clad)' : 'url(#car-skirt)' },
    clad
      ? { d: all(17), fill: '#1e2328' }
      : { d: all(9.5), fill: 'none', stroke: '#fff', width: 3, opacity: 0.22 },
    { d: all(8), fill: '#07090a' },
  ]
}

/** Return the air intake in front, the reflector behind. */
function openings(outline: readonly Point[], { sill }: Body): Part[] {
  const [first, last] = ends(outline)
  return [
    {
      d: `M${last.x + 9} ${sill - 50}C${last.x - 6} ${sill - 52} ${last.x - 24} ${sill - 48} ${last.x - 34} ${sill - 38}L${last.x - 22} ${sill - 30}L${last.x + 7} ${sill - 32}Z`,
      fill: '#0f1317',
      opacity: 0.85,
    },
    {
      d: `M${first.x - 16} ${sill - 43}L${first.x + 10} ${sill - 41}L${first.x + 10} ${sill - 35}L${first.x - 14} ${sill - 37}Z`,
      fill: '#c21420',
    },
  ]
}

function windows(body: Body): Part[] {
  const glass = points(body.glass)
  const [pane, ring] = [through(glass, true), [...glass, ...glass.slice(0, 1)]]
  const seats = body.seats.map((x) => seat(x, body.belt)).join('')
  const pillars = body.pillars.map(([foot, top, width]) => {
    const half = width / 2
    const high = spanAt(ring, top)[0] - 1
    const low = spanAt(ring, foot)[1] + (body.chrome ? -2 : 1)
    return `M${foot - half} ${low}L${top - half} ${high}L${top + half} ${high}L${foot + half} ${low}Z`
  })
  return [
    { d: pane, fill: 'url(#car-glass)', stroke: '#0c0f12', width: body.chrome ? 8 : 5 },
    ...(body.chrome ? [{ d: pane, fill: 'none', stroke: '#d3d9de', width: 2.5 }] : []),
    ...(seats ? [{ d: seats, fill: '#05070a', opacity: 0.42 }] : []),
    ...(pillars.length ? [{ d: pillars.join(''), fill: '#0c0f12' }] : []),
  ]
}

/** Return a seat's back and headrest, seen through the window. */
function seat(x: number, belt: number): string {
  const [foot, top] = [x - 24, belt - 38]
  return `M${foot} ${belt}C${foot - 8} ${belt - 18} ${foot - 12} ${top + 4} ${foot - 8} ${top}L${foot - 7} ${top - 16}Q${foot - 6} ${top - 20} ${foot - 2} ${top - 20}L${foot + 8} ${top - 19}Q${foot + 13} ${top - 17} ${foot + 13} ${top - 3}C${foot + 24} ${top + 2} ${foot + 30} ${belt - 16} ${foot + 33} ${belt}Z`
}

function handles(body: Body): string {
  return body.handles
    .map(([x, y]) => `M${x} ${y}q0-5 5-5l27 1q5 0 5 4q0 4-5 4l-27-.5q-5 0-5-3.5Z`)
    .join('')
}

function mirror({ mirror: [x, y] }: Body): Part[] {
  return [
    { d: `M${x + 2} ${y - 6}l14 0l6 12l-18 0Z`, fill: '#0c0f12' },
    {
      d: `M${x - 20} ${y - 6}C${x - 23} ${y - 22} ${x - 8} ${y - 28} ${x + 8} ${y - 26}C${x + 18} ${y - 22} ${x + 19} ${y - 8} ${x + 12} ${y - 3}C${x + 2} ${y - 1} ${x - 12} ${y - 1} ${x - 20} ${y - 6}Z`,
      fill: 'paint',
      stroke: 'rgb(0 0 0 / 45%)',
      width: 1.5,
    },
    {
      d: `M${x - 20} ${y - 7}C${x - 10} ${y - 8} ${x + 4} ${y - 9} ${x + 14} ${y - 8}L${x + 12} ${y - 3}C${x + 2} ${y - 1} ${x - 12} ${y - 1} ${x - 20} ${y - 7}Z`,
      fill: '#000',
      opacity: 0.5,
    },
  ]
}
