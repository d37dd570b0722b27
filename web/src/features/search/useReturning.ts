import { type Ref, nextTick, onBeforeUnmount } from 'vue'

/** What is kept of a list while its page is loaded anew. */
interface Kept {
  parts: number
  /** In pixels from the top of the page. */
  top: number
}

const place = 'carousel.list'
const gestures = ['wheel', 'touchmove', 'keydown', 'pointerdown']

/**
 * Make the list as long as it was before the page was loaded anew, and go back to where it was.
 *
 * Both are kept for this window and this entry of its history: another search, or the same one
 * come by anew, begins at its start. Call `drawn` when the first cars are all drawn.
 */
export function useReturning(
  parts: Ref<number>,
  inSight: Ref<boolean>,
  loadMore: () => Promise<unknown>,
) {
  let kept = read()
  let moved = false

  function leave() {
    if (!inSight.value || parts.value === 0) return
    write(kept ?? { parts: parts.value, top: window.scrollY })
  }
  function note() {
    moved = true
  }
  function forget() {
    for (const one of gestures) window.removeEventListener(one, note)
  }
  window.addEventListener('pagehide', leave)
  if (kept) for (const one of gestures) window.addEventListener(one, note, { passive: true })
  onBeforeUnmount(() => {
    forget()
    window.removeEventListener('pagehide', leave)
  })

  async function drawn() {
    if (!kept) return
    while (parts.value < kept.parts) {
      const had = parts.value
      await loadMore()
      if (parts.value <= had) break
    }
    const { top } = kept
    kept = null
    forget()
    await nextTick()
    // Who has begun to move knows where to.
    if (!moved) window.scrollTo({ top, behavior: 'instant' })
  }

  return { drawn }
}

/** The entry of the history: its number, as the router counts, and its address. */
function entry(): string {
  const { position } = (history.state ?? {}) as { position?: number }
  return `${position ?? ''} ${location.search}`
}

function write(list: Kept) {
  try {
    sessionStorage.setItem(place, JSON.stringify({ ...list, entry: entry() }))
  } catch {
    // Without storage the list begins at its start.
  }
}

/** Read what was kept of this entry, once. */
function read(): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? 'null') as
      (Kept & { entry: string }) | null
    sessionStorage.removeItem(place)
    return kept?.entry === entry() ? kept : null
  } catch {
    return null
  }
}
