/** What a shopper should hear of: cheaper, sold, new and fitting. One state for the whole page. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose } from 'vue'
import { notices, noticesSeen } from '@/api/client'
import { toProblem } from '@/api/http'
import { current, who } from '@/session/session'
import { onLive } from './live'

const length = 50

export function useNotices() {
  const queries = useQueryClient()
  const key = computed(() => ['notices', who.value])
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => (current.value ? notices(length, signal) : { notices: [], unseen: 0 }),
  })
  const seeing = useMutation({
    mutationFn: noticesSeen,
    // What is on the page stays marked as new; the count beside the bell is gone.
    onSuccess: () => {
      queries.setQueryData(key.value, (known: typeof query.data.value) =>
        known ? { ...known, unseen: 0 } : known,
      )
    },
  })
  onScopeDispose(
    onLive({
      noticed() {
        void queries.invalidateQueries({ queryKey: key.value })
      },
    }),
  )

  return {
    notices: computed(() => query.data.value?.notices),
    unseen: computed(() => query.data.value?.unseen ?? 0),
    problem: computed(() => (query.error.value ? toProblem(query.error.value) : null)),
    again: () => void query.refetch(),
    /** Note that the shopper has looked at them. */
    see: () => {
      if ((query.data.value?.unseen ?? 0) > 0) seeing.mutate()
    },
  }
}
