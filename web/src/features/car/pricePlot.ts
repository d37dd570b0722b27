/** Prices against mileage, as a plot: the cars of one model, and the one that is looked at. */

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Mark {
  id: number
  km: number
  price: number
}

export interface Texts {
  /** Each axis writes its numbers so. */
  km: (value: number) => string
  price: (value: number) => string
  others: string
  mine: string
}

/** Draw into `place` until the returned function is called. `pointed` hears of the car pointed at. */
export function drawPrices(
  place: HTMLElement,
  others: readonly Mark[],
  mine: Mark | null,
  texts: Texts,
  pointed: (mark: Mark | null) => void,
): () => void {
  const marks = [...others, ...(mine ? [mine] : [])].sort((a, b) => a.km - b.km)
  const data: uPlot.AlignedData = [
    marks.map(({ km }) => km),
    marks.map((mark) => (mark === mine ? null : mark.price)),
    marks.map((mark) => (mark === mine ? mark.price : null)),
  ]
  /** Return a colour as a canvas understands it: by day or by night. */
  const colour = (css: string) => {
    place.style.color = css
    const { color } = getComputedStyle(place)
    place.style.color = ''
    return color
  }
  const axis = (values: (value: number) => string): uPlot.Axis => ({
    stroke: colour('var(--muted)'),
    font: '12px "Inter Variable", sans-serif',
    grid: { stroke: colour('var(--line)'), width: 1 },
    ticks: { show: false },
    values: (_plot, splits) => splits.map(values),
  })
  const dots = (size: number, fill: string): uPlot.Series => ({
    paths: () => null,
    points: { show: true, size, fill, stroke: colour('var(--surface)'), width: 1 },
  })
  const plot = new uPlot(
    {
      width: Math.max(place.clientWidth, 200),
      height: 280,
      legend: { show: false },
      scales: { x: { time: false, range: padded }, y: { range: padded } },
      axes: [
        {
          ...axis(texts.km),
          space: 90,
          splits: (_plot, _axis, least, most, step) => labelled(least, most, step),
        },
        { ...axis(texts.price), size: 74 },
      ],
      series: [
        {},
        {
          label: texts.others,
          ...dots(8, colour('color-mix(in srgb, var(--edge) 67%, transparent)')),
        },
        { label: texts.mine, ...dots(17, colour('var(--accent)')) },
      ],
      cursor: { y: false, points: { size: 12 }, drag: { x: false, y: false } },
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            pointed(idx == null ? null : (marks[idx] ?? null))
          },
        ],
      },
    },
    data,
    place,
  )
  const watcher = new ResizeObserver(() => {
    plot.setSize({ width: Math.max(place.clientWidth, 200), height: 280 })
  })
  watcher.observe(place)
  return () => {
    watcher.disconnect()
    plot.destroy()
  }
}

/**
 * Return what an axis is labelled with: multiples of a step, or of its half, its quarter, ... where
 * less than two of them lie on the axis.
 */
export function labelled(least: number, most: number, step: number): number[] {
  const first = Math.ceil(least / step)
  const count = Math.floor(most / step) - first + 1
  if (count < 2 && most > least) return labelled(least, most, step / 2)
  return Array.from({ length: Math.max(count, 0) }, (_, i) => (first + i) * step)
}

/** Leave some air around the outermost marks, and more around one that is alone. */
function padded(_plot: uPlot, least: number, most: number): uPlot.Range.MinMax {
  const air = Math.max((most - least) * 0.06, most * 0.03, 1)
  return [Math.max(0, least - air), most + air]
}

/** Return the `count` cars that cost and have driven about what the car in question does. */
export function nearest(others: readonly Mark[], mine: Mark, count: number): Mark[] {
  const apart = ({ km, price }: Mark) =>
    Math.hypot(Math.log((km + 5e3) / (mine.km + 5e3)), Math.log(price / mine.price))
  return [...others].sort((a, b) => apart(a) - apart(b)).slice(0, count)
}
