/** Where a drawing stands: which part of it is shown, and the light of the studio around it. */

import type { Drawing } from './parts'

export type Crop = 'whole' | 'front' | 'wheel' | 'rear' | 'dusk'
export const crops: readonly Crop[] = ['whole', 'front', 'wheel', 'rear', 'dusk']

/** x, y, width and height, all of one proportion: 25 to 14. */
export type Frame = readonly [x: number, y: number, width: number, height: number]

const horizon = 404
const tints = [208, 188, 160, 96, 42, 24, 348, 268, 228]

/** Return the part of a drawing that a crop shows. */
export function frameOf(crop: Crop, { front, rear, wheels }: Drawing): Frame {
  switch (crop) {
    case 'front':
      return [front - 405, 243, 450, 252]
    case 'rear':
      return [rear - 45, 243, 450, 252]
    case 'wheel':
      return [(wheels[1]?.x ?? 0) - 140, 332, 300, 168]
    default:
      return [0, 0, 1000, 560]
  }
}

/** Return how far down a frame wall and floor meet, in per cent. */
export function horizonIn([, y, , height]: Frame): number {
  return Math.round(((horizon - y) / height) * 100)
}

/** Return a number from 0 to 2^32 - 1 that is the same for the same id, and far from its neighbours'. */
export function chance(id: number | string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt
  for (const letter of String(id)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** Return the hue of a listing's backdrop, in degrees. */
export function tintOf(id: number | string): number {
  return tints[chance(id, 1) % tints.length] ?? 208
}
