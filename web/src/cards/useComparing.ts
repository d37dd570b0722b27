import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useCompare } from '@/session/compare'
import { useToasts } from '@/ui/toasts'

/** The cars laid side by side, and how one more is: where there is no room, that is said. */
export function useComparing() {
  const { t } = useI18n()
  const compare = useCompare()
  const toasts = useToasts()

  function toggleCompare(id: number) {
    const before = compare.ids.length
    compare.toggle(id)
    if (compare.ids.length === before) toasts.say(t('card.compare_full'))
  }

  return { compared: computed(() => compare.ids), toggleCompare }
}
