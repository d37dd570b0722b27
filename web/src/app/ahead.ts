/**
 * What is likely to be pressed or opened next, loaded when the page has come to rest: then it is
 * there at once, and without a connection or after another release too.
 */

const next = [
  () => import('@/ui/HideMenu.vue'),
  () => import('@/features/car/CarPage.vue'),
  () => import('@/cards/WhyPanel.vue'),
  () => import('@/cards/TradeOffSheet.vue'),
  () => import('@/features/shelf/SavedPage.vue'),
  () => import('@/features/search/SearchPage.vue'),
  () => import('@/features/shelf/UpdatesPage.vue'),
  () => import('@/features/you/YouPage.vue'),
]

/** After all that the first page needs, in milliseconds. */
const rest = 4_000

/** Load all that ahead, one after the other; not for those whose device saves data. */
export function loadAhead(): void {
  const { connection } = navigator as { connection?: { saveData?: boolean } }
  if (connection?.saveData) return
  const begin = () => setTimeout(() => void loadAll(), rest)
  if (document.readyState === 'complete') begin()
  else window.addEventListener('load', begin, { once: true })
}

async function loadAll() {
  for (const load of next) {
    await idle()
    // Whoever presses it asks again.
    await load().catch(() => undefined)
  }
}

function idle(): Promise<unknown> {
  // Safari has no word for it.
  return new Promise((done) => {
    if ('requestIdleCallback' in window) window.requestIdleCallback(done)
    else setTimeout(done)
  })
}
