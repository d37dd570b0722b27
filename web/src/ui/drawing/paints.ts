/** Paints: what light makes of a colour, from the roof that sees the sky to the sill near the road. */

/** `sky` is the highlight, often of another hue than the paint itself, as on real metallic paint. */
export interface Paint {
  sky: string
  body: string
  low: string
}

export const paints = {
  white: { sky: '#ffffff', body: '#eceff2', low: '#b9c1ca' },
  black: { sky: '#66727f', body: '#23282e', low: '#0c0e11' },
  grey: { sky: '#b3bac2', body: '#6f7780', low: '#3d4349' },
  silver: { sky: '#f4f6f8', body: '#bcc3ca', low: '#838c95' },
  blue: { sky: '#63b0f4', body: '#1d5fb4', low: '#0d2f66' },
  red: { sky: '#ff7a66', body: '#be1f2d', low: '#660c1a' },
  green: { sky: '#7fcaa0', body: '#246a4b', low: '#0d3325' },
  brown: { sky: '#b98d6c', body: '#6a4632', low: '#332016' },
  beige: { sky: '#f6ecd6', body: '#d0bf9d', low: '#93805f' },
  orange: { sky: '#ffc069', body: '#e06c1b', low: '#8c350c' },
  yellow: { sky: '#fff08d', body: '#eebb20', low: '#a06d0b' },
  purple: { sky: '#b48ff0', body: '#5b3a94', low: '#2b1850' },
  gold: { sky: '#f1dfa8', body: '#b8964e', low: '#6d5322' },
  bronze: { sky: '#d9ac83', body: '#8f6038', low: '#4a2d18' },
  turquoise: { sky: '#8ff0e6', body: '#17908f', low: '#0a4a4f' },
  burgundy: { sky: '#cc6474', body: '#6f1729', low: '#360812' },
  navy: { sky: '#6484b8', body: '#1c335c', low: '#0b1530' },
  unknown: { sky: '#d3dade', body: '#8d979c', low: '#555e64' },
} as const satisfies Record<string, Paint>

export type PaintName = keyof typeof paints

const otherWords: Readonly<Record<string, PaintName>> = {
  gray: 'grey',
  violet: 'purple',
  maroon: 'burgundy',
  teal: 'turquoise',
  cream: 'beige',
  ivory: 'beige',
  anthracite: 'grey',
  graphite: 'grey',
}

/** Return the paint for a colour's name, also of "Dark blue"; a quiet grey where not known. */
export function paintOf(colour: string | null | undefined): PaintName {
  for (const word of (colour ?? '').toLowerCase().split(/[^a-z]+/)) {
    const name = otherWords[word] ?? word
    if (Object.hasOwn(paints, name)) return name as PaintName
  }
  return 'unknown'
}
