import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/vue-virtual'
import {
  type Ref,
  computed,
  onActivated,
  onBeforeUnmount,
  onDeactivated,
  onMounted,
  onUpdated,
  ref,
  watch,
} from 'vue'
import { gridOf, wholeGrid } from './grid'

/** Up to so many cards are all drawn; of more only those near the window are. */
const mostWhole = 100
/** How high a row is until one is measured, in pixels. */
const likely = 400
/** Rows drawn beyond both ends of the window. */
const beyond = 3

/** A card that is drawn: its place in the list, and whether its row is measured by it. */
export interface Drawn {
  at: number
  row: number
  measures: boolean
  style: Record<string, string | number>
}

/**
 * Draw only those rows of a long grid that are near the window, and the one that has the focus.
 *
 * Every row is measured when it is drawn. A short list is drawn whole, and so all of it is measured
 * before it gets long: nothing moves when the first rows are left out.
 */
export function useRows(list: Readonly<Ref<HTMLElement | null>>, count: Ref<number>) {
  const columns = ref(1)
  const gutter = ref(16)
  const top = ref(0)
  const usual = ref(likely)
  const focused = ref<number | null>(null)
  const rows = computed(() => Math.ceil(count.value / columns.value))
  const long = computed(() => count.value > mostWhole)

  const virtualizer = useWindowVirtualizer(
    computed(() => ({
      count: rows.value,
      estimateSize: () => usual.value,
      overscan: beyond,
      gap: gutter.value,
      scrollMargin: top.value,
      rangeExtractor: (seen: Parameters<typeof defaultRangeExtractor>[0]) => {
        const near = new Set(defaultRangeExtractor(seen))
        if (focused.value !== null && focused.value < seen.count) near.add(focused.value)
        return [...near].sort((one, other) => one - other)
      },
    })),
  )

  // Rows above the window have been measured on the way down; a few pixels less are no reason to
  // scroll while somebody reads.
  virtualizer.value.shouldAdjustScrollPositionOnItemSizeChange = () => false

  const grid = computed(() => {
    if (!long.value) return wholeGrid(rows.value)
    const items = virtualizer.value.getVirtualItems().map(({ index, start, end }) => ({
      index,
      start: start - top.value,
      end: end - top.value,
    }))
    return gridOf(items, virtualizer.value.getTotalSize(), gutter.value)
  })
  const drawn = computed<Drawn[]>(() =>
    grid.value.lines.flatMap(({ row, line }) =>
      Array.from({ length: columns.value }, (_, column) => ({
        at: row * columns.value + column,
        row,
        measures: column === 0,
        style: long.value ? { gridRow: line, gridColumn: column + 1 } : {},
      })).filter(({ at }) => at < count.value),
    ),
  )

  /** Read from the layout what the style sheet made of it. */
  function look() {
    const element = list.value
    // Behind another page it has no size.
    if (!element?.isConnected || element.offsetWidth === 0) return
    const { gridTemplateColumns, rowGap } = getComputedStyle(element)
    columns.value = Math.max(gridTemplateColumns.split(' ').length, 1)
    gutter.value = parseFloat(rowGap) || 0
    usual.value = element.querySelector('li')?.offsetHeight ?? usual.value
    top.value = Math.round(element.getBoundingClientRect().top + window.scrollY)
  }
  let observer: ResizeObserver | null = null
  // New cars come where the button was: what is in sight stays, and not the end of the page.
  const anchor = (how: 'none' | '') => {
    document.documentElement.style.overflowAnchor = how
  }
  onActivated(() => {
    anchor('none')
  })
  onDeactivated(() => {
    anchor('')
  })
  onMounted(() => {
    anchor('none')
    // It looks for the first time once the page is laid out, and so forces no layout of its own.
    observer = new ResizeObserver(look)
    if (list.value) observer.observe(list.value)
    observer.observe(document.body)
  })
  onBeforeUnmount(() => {
    anchor('')
    observer?.disconnect()
  })
  watch(columns, () => {
    virtualizer.value.measure()
  })

  // To measure while the grid is only half changed would show the browser a page that is too short.
  const drawnNow = new Set<HTMLElement>()
  function measureAll() {
    measuring = false
    for (const element of drawnNow) virtualizer.value.measureElement(element)
    drawnNow.clear()
  }
  let measuring = false
  function measureSoon() {
    // A short list is all drawn: that its rows are measured after they are seen is soon enough.
    if (long.value) measureAll()
    else if (!measuring) {
      measuring = true
      requestAnimationFrame(() => {
        setTimeout(measureAll)
      })
    }
  }
  onMounted(measureSoon)
  onUpdated(measureSoon)

  return {
    drawn,
    template: computed(() => grid.value.template),
    /** Take note of the height of a row, by its first card, once the page is as it shall be. */
    measure: (element: unknown) => {
      if (element instanceof HTMLElement) drawnNow.add(element)
    },
    focused,
  }
}
