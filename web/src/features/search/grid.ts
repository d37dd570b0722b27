/** A long grid of which only some rows are drawn. Pure. */

/** A row: where it begins and ends, in pixels from the top of the grid. */
export interface Laid {
  index: number
  start: number
  end: number
}

export interface Grid {
  /** Each drawn row and its line of the grid, from 1. */
  lines: readonly { row: number; line: number }[]
  /** The heights of the lines: `auto` for a row that is drawn, a gap's pixels for what is not. */
  template: string
}

/**
 * Return the lines of a grid in which only these rows are drawn, in their order.
 *
 * Where rows are left out stands one empty line as high as they are, between two gutters.
 */
export function gridOf(rows: readonly Laid[], height: number, gutter: number): Grid {
  const lines: { row: number; line: number }[] = []
  const tracks: string[] = []
  const skip = (pixels: number) => {
    tracks.push(`${Math.max(Math.round(pixels), 0)}px`)
  }
  let end = -gutter
  for (const row of rows) {
    const apart = row.start - end - gutter
    // Before the first row there is one gutter less.
    if (apart > 1) skip(tracks.length === 0 ? row.start - gutter : apart - gutter)
    tracks.push('auto')
    lines.push({ row: row.index, line: tracks.length })
    end = row.end
  }
  if (height - end > 1) skip(height - end - gutter)
  return { lines, template: tracks.join(' ') }
}

/** Return the lines of a grid that is drawn whole. */
export function wholeGrid(rows: number): Grid {
  return {
    lines: Array.from({ length: rows }, (_, row) => ({ row, line: row + 1 })),
    template: 'none',
  }
}
