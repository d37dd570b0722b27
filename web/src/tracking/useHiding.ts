import { nextTick } from 'vue'
import { useI18n } from 'vue-i18n'
import type { DismissReason } from '@/api/schema'
import { title } from '@/ui/car'
import { useToasts } from '@/ui/toasts'
import { useReactions } from './useReactions'

/** Why a shopper does not want a car, in the order offered; `card.reasons` has the words. */
export const hideReasons = [
  'too_expensive',
  'too_old',
  'too_many_km',
  'too_far',
  'not_this_make',
  'not_this_body',
  'other',
] as const satisfies readonly DismissReason[]

/** Hide a car for a reason, with a way back: every list lets go of what is `dismissed`. */
export function useHiding() {
  const { t } = useI18n()
  const toasts = useToasts()
  const { dismiss, undismiss } = useReactions()

  function hide(car: { id: number; brand: string; name: string }, reason: DismissReason) {
    dismiss(car.id, reason)
    toasts.say(t('card.hidden', { name: title(car) }), {
      text: t('card.undo'),
      run: () => void bringBack(car.id),
    })
  }

  /** The keyboard goes back to the car with it. */
  async function bringBack(id: number) {
    undismiss(id)
    await nextTick()
    document.querySelector<HTMLElement>(`[data-car="${id}"] h3 a`)?.focus({ preventScroll: true })
  }

  return { hide }
}
