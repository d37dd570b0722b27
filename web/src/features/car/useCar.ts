import { type MaybeRefOrGetter, toValue, watch } from 'vue'
import { appraisal, detail, similar } from '@/api/client'
import type { Card, Price } from '@/api/schema'
import { useLoad } from '@/api/useLoad'
import { track } from '@/tracking/tracking'

const similarLength = 8

/** One car, the cars like it, and what it should cost. Opening it counts as one view, however often loading is tried. */
export function useCar(id: MaybeRefOrGetter<number>) {
  const car = useLoad<Card>((signal) => detail(toValue(id), signal))
  const alike = useLoad<Card[]>((signal) => similar(toValue(id), similarLength, signal))
  const worth = useLoad<Price>((signal) => appraisal(toValue(id), signal))

  async function open() {
    const wanted = toValue(id)
    void alike.load({ fresh: true })
    void worth.load({ fresh: true })
    await car.load({ fresh: true })
    if (car.state.value.status === 'ready' && car.state.value.data.id === wanted) {
      track({ type: 'view', listing_id: wanted })
    }
  }

  watch(() => toValue(id), open, { immediate: true })
  return { car: car.state, alike: alike.state, worth: worth.state, reopen: open }
}
