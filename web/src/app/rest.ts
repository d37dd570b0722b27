/** What may wait until the page has come to rest. */

/** After all that the first page needs, in milliseconds. */
const rest = 4_000

/** Load ahead what may be pressed next, when nothing else is asked for; not where data are saved. */
export function loadAtRest(): void {
  const { connection } = navigator as { connection?: { saveData?: boolean } }
  if (connection?.saveData) return
  const load = () => import('./ahead').then(({ loadAhead }) => loadAhead())
  const begin = () => setTimeout(() => void load().catch(() => undefined), rest)
  if (document.readyState === 'complete') begin()
  else window.addEventListener('load', begin, { once: true })
}
