/** Which car is best in a row of the comparison, and which rows differ. Pure. */

/** One row: what is compared, as shown and as numbers where more or less is better. */
export interface Row {
  key: string
  /** What stands in each column, null where that is not known. */
  texts: readonly (string | null)[]
  /** The words for what is not known: as a rule that the seller does not say. */
  unknown?: string
  /** The numbers behind, where one of them is best. */
  numbers?: readonly (number | null)[]
  /** Which of the cars are for sale; all of them where that is left out. */
  competing?: readonly boolean[]
  /** Whether the smallest or the largest of them is best. */
  better?: 'less' | 'more'
}

/** Return whether the cars differ in a row; what is not stated differs from what is. */
export function differs({ texts }: Row): boolean {
  return new Set(texts).size > 1
}

/**
 * Return the columns that are best in a row, among the cars for sale: none where those are all
 * alike or only one of them is stated.
 */
export function best({ numbers = [], competing, better }: Row): ReadonlySet<number> {
  const running = numbers.map((one, column) => (competing?.[column] === false ? null : one))
  const stated = running.filter((one) => one !== null)
  if (!better || stated.length < 2 || new Set(stated).size < 2) return new Set()
  const top = better === 'less' ? Math.min(...stated) : Math.max(...stated)
  return new Set(running.flatMap((one, column) => (one === top ? [column] : [])))
}
