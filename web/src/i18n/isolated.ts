/** What bends the direction of writing: letters that run to the left, and marks that say so. */
const bending =
  /[\p{Bidi_Control}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const isolates = /[\u2066-\u2069]/g

/**
 * Return a text of somebody's own such that the words around it stay in their order, whatever it
 * holds: between U+2068 and U+2069, where its own of these are left out, as they would end that early.
 * A text that bends nothing stays as it is.
 */
export function isolated(text: string): string {
  return bending.test(text) ? `\u2068${text.replaceAll(isolates, '')}\u2069` : text
}
