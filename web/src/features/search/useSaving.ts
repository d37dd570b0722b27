import { useMutation, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { saveSearch } from '@/api/client'
import { toProblem } from '@/api/http'
import type { SearchState } from '@/search/searchState'
import { admit } from '@/session/session'
import { useToasts } from '@/ui/toasts'

/** Keep a search; who has done nothing yet becomes a visitor by it. */
export function useSaving() {
  const { t } = useI18n()
  const router = useRouter()
  const queries = useQueryClient()
  const toasts = useToasts()
  const { mutateAsync, isPending, error, reset } = useMutation({
    mutationFn: async ({ name, state }: { name: string; state: SearchState }) => {
      await admit()
      await saveSearch(name, state.filters)
    },
  })

  /** Returns whether it is kept; if not, `problem` says why. */
  async function save(name: string, state: SearchState): Promise<boolean> {
    try {
      await mutateAsync({ name, state })
    } catch {
      return false
    }
    await queries.invalidateQueries({ queryKey: ['searches'] })
    toasts.say(t('list.saved', { name }), {
      text: t('list.see_saved'),
      run: () => void router.push({ name: 'searches' }),
    })
    return true
  }

  return {
    save,
    saving: isPending,
    problem: computed(() => (error.value ? toProblem(error.value) : null)),
    reset,
  }
}
