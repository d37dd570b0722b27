/**
 * What all drawings on a page share: gradients of paint, glass and light, and the wheels.
 *
 * They stand in one hidden SVG, so that a drawing is a few shapes and no id comes twice.
 */

import { paints } from './paints'
import { wheelSymbols } from './wheels'

const place = 'car-palette'

type Stop = readonly [offset: number, colour: string, opacity?: number]

function stops(list: readonly Stop[]): string {
  return list
    .map(
      ([offset, colour, opacity]) =>
        `<stop offset="${offset}" stop-color="${colour}"` +
        `${opacity === undefined ? '' : ` stop-opacity="${opacity}"`}/>`,
    )
    .join('')
}

function linear(id: string, ends: string, list: readonly Stop[]): string {
  return `<linearGradient id="car-${id}" ${ends}>${stops(list)}</linearGradient>`
}

function radial(id: string, list: readonly Stop[], more = ''): string {
  return `<radialGradient id="car-${id}" ${more}>${stops(list)}</radialGradient>`
}

/** Return a gradient that is nothing above a height of the drawing, and a colour from there on. */
function level(id: string, y: number, colour: string, opacity: number): string {
  return linear(id, `gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="${y - 1}" y2="${y + 1}"`, [
    [0, colour, 0],
    [1, colour, opacity],
  ])
}

const down = 'x1="0" y1="0" x2="0" y2="1"'
const across = 'x1="0" y1="0" x2="1" y2="0"'

function markup(): string {
  const coats = Object.entries(paints).map(([name, { sky, body, low }]) =>
    linear(`paint-${name}`, down, [
      [0, sky],
      [0.3, body],
      [0.62, body],
      [1, low],
    ]),
  )
  return [
    ...coats,
    linear('round', across, [
      [0, '#000', 0.42],
      [0.1, '#000', 0.1],
      [0.2, '#000', 0],
      [0.84, '#000', 0],
      [0.94, '#000', 0.08],
      [1, '#000', 0.34],
    ]),
    linear('shade', down, [
      [0.62, '#000', 0],
      [1, '#000', 0.36],
    ]),
    level('skirt', 427, '#101417', 0.62),
    level('clad', 399, '#171b1f', 0.96),
    linear('gleam', down, [
      [0, '#fff', 0],
      [0.8, '#fff', 0.34],
      [1, '#fff', 0.5],
    ]),
    linear('fold', down, [
      [0, '#000', 0.22],
      [1, '#000', 0],
    ]),
    linear('road', across, [
      [0, '#fff', 0],
      [0.35, '#fff', 0.2],
      [0.7, '#fff', 0.14],
      [1, '#fff', 0],
    ]),
    linear('glass', 'x1="0" y1="0" x2=".9" y2=".7"', [
      [0, '#c3d3de'],
      [0.2, '#8299a8'],
      [0.38, '#43525d'],
      [0.38, '#8c9fab'],
      [0.47, '#748893'],
      [0.47, '#36434c'],
      [0.52, '#303c45'],
      [0.52, '#6b7d89'],
      [0.55, '#64757f'],
      [0.55, '#2c373f'],
      [0.8, '#1a2228'],
      [1, '#313d46'],
    ]),
    linear('lamp', across, [
      [0, '#1f262d'],
      [0.3, '#4d5a66'],
      [0.72, '#a9bac8'],
      [0.9, '#eef5fa'],
      [1, '#cfdde8'],
    ]),
    linear('tail', down, [
      [0, '#ff5f55'],
      [0.4, '#d0131f'],
      [1, '#7c0710'],
    ]),
    linear('beam', across, [
      [0, '#fff3cf', 0.85],
      [1, '#fff3cf', 0],
    ]),
    radial('glow', [
      [0, '#ff3b30', 0.75],
      [1, '#ff3b30', 0],
    ]),
    radial('shadow', [
      [0, '#000', 0.62],
      [0.55, '#000', 0.38],
      [1, '#000', 0],
    ]),
    radial('tyre', [
      [0.72, '#0c0e10'],
      [0.8, '#24282c'],
      [0.93, '#1a1d20'],
      [1, '#0a0b0d'],
    ]),
    linear('lip', 'x1=".2" y1="0" x2=".8" y2="1"', [
      [0, '#ffffff'],
      [0.5, '#a7afb6'],
      [1, '#5f676e'],
    ]),
    radial('disc', [
      [0.5, '#1d2126'],
      [0.55, '#8b939a', 0.2],
      [1, '#3b4147', 0.9],
    ]),
    linear('alloy', 'x1=".15" y1="0" x2=".85" y2="1"', [
      [0, '#ffffff'],
      [0.45, '#cfd5da'],
      [1, '#8d969e'],
    ]),
    wheelSymbols(),
  ].join('')
}

/** Lay the palette into the page, once. */
export function layPalette(): void {
  if (document.getElementById(place)) return
  const holder = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  holder.id = place
  holder.setAttribute('width', '0')
  holder.setAttribute('height', '0')
  holder.setAttribute('aria-hidden', 'true')
  holder.style.position = 'absolute'
  holder.innerHTML = `<defs>${markup()}</defs>`
  document.body.append(holder)
}
