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
    queryFn: ({ signal }) =>
      current.value ? notices(length, signal) : { notices: [], unseen: 0, until: 0 },
  })
  const seeing = useMutation({
    mutationFn: noticesSeen,
    // What is on the page stays marked as new; the count beside the bell is gone, unless more came.
    onSuccess: (_, until) => {
      queries.setQueryData(key.value, (known: typeof query.data.value) =>
        known?.until === until ? { ...known, unseen: 0 } : known,
      )
      if (query.data.value?.until !== until) void query.refetch()
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
      const known = query.data.value
      if (known && known.unseen > 0) seeing.mutate(known.until)
    },
  }
}
