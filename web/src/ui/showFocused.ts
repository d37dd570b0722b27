/**
 * Bring what the keyboard came to wholly into a row that moves sideways: browsers leave it where
 * it is as long as an edge of it shows. A pointer's press moves nothing.
 */
export function showFocused({ target }: FocusEvent): void {
  if (!(target instanceof HTMLElement) || !target.matches(':focus-visible')) return
  target.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}
