import { onBeforeUnmount, onMounted, onUpdated } from 'vue'

/**
 * The keyboard goes on where something went from a list: at what took its place, at the last of
 * those that are left, or at the page when none is. `items` selects what the lists are made of.
 */
export function useKeptFocus(items: string): void {
  let last: Element | null = null
  let at = -1

  const listed = () => [...document.querySelectorAll(items)]

  function remember({ target }: FocusEvent) {
    last = target instanceof Element ? target : null
    at = listed().findIndex((one) => one.contains(last))
  }

  onMounted(() => {
    document.addEventListener('focusin', remember)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('focusin', remember)
  })
  onUpdated(() => {
    if (at < 0 || last?.isConnected) return
    const { activeElement } = document
    if (activeElement && activeElement !== document.body) return
    const left = listed()
    const next = left[Math.min(at, left.length - 1)]
    const first = next?.querySelector<HTMLElement>('h2 a, h3 a, a, button')
    ;(first ?? document.getElementById('page'))?.focus()
  })
}
