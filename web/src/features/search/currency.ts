import { readonly, shallowRef } from 'vue'
import type { Card } from '@/api/schema'

const known = shallowRef<string | null>(null)

/** What prices are in: known as soon as one car was seen, and kept for searches that find none. */
export const currency = readonly(known)

export function learnCurrency([first]: readonly Card[]): void {
  if (first) known.value = first.currency
}
