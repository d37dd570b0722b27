/** How long lists come in parts. Pure. */

export interface Part {
  limit: number
  offset: number
}

const short = 24
const long = 96
/** After so many cars somebody who still goes on gets longer parts. */
const patience = 96
/** The API looks at most this far into a result. */
export const deepest = 10_000

export const firstPart: Part = { limit: short, offset: 0 }

/** Return the part of so many cars in all that follows another, undefined after the last. */
export function partAfter({ limit, offset }: Part, total: number): Part | undefined {
  const next = offset + limit
  if (next >= Math.min(total, deepest)) return undefined
  return { limit: next < patience ? short : long, offset: next }
}
