import { vi } from 'vitest'

/** Press an entry of the open menu, which lies outside the page. */
export async function choose(words: string): Promise<void> {
  const entry = await vi.waitFor(() => {
    const found = [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].find(
      (one) => one.textContent.trim() === words,
    )
    if (!found) throw new Error(`No menu has "${words}"`)
    return found
  })
  entry.click()
}
