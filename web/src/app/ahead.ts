/**
 * What is likely to be pressed or opened next, loaded when the page has come to rest: then it is
 * there at once, and without a connection or after another release too.
 */

const next = [
  () => import('@/ui/ToastList.vue'),
  () => import('@/ui/HideMenu.vue'),
  () => import('@/features/car/CarPage.vue'),
  () => import('@/cards/WhyPanel.vue'),
  () => import('@/cards/TradeOffSheet.vue'),
  () => import('@/features/shelf/SavedPage.vue'),
  () => import('@/features/search/SearchPage.vue'),
  () => import('@/features/shelf/UpdatesPage.vue'),
  () => import('@/features/you/YouPage.vue'),
]

/** Load all that ahead, one after the other. */
export async function loadAhead(): Promise<void> {
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
