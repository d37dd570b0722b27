import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { deleteSearch, profile, saveSearch, savedSearches, seeSearch } from '@/api/client'
import { toProblem } from '@/api/http'
import type { SavedSearch } from '@/api/schema'
import { current, who } from '@/session/session'

/** The shopper's saved searches, and what can be done with one. */
export function useSearches() {
  const queries = useQueryClient()
  const key = computed(() => ['searches', who.value])
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => (current.value ? savedSearches(signal) : []),
    staleTime: 0,
  })
  const known = useQuery({
    queryKey: computed(() => ['profile', who.value]),
    queryFn: ({ signal }) => profile(signal),
    enabled: () => current.value !== null,
  })
  const again = () => queries.invalidateQueries({ queryKey: ['searches'] })
  const removing = useMutation({
    mutationFn: ({ id }: SavedSearch) => deleteSearch(id),
    onSuccess: again,
  })
  const restoring = useMutation({
    mutationFn: ({ name, filters }: SavedSearch) => saveSearch(name, filters),
    onSuccess: again,
  })

  return {
    searches: query.data,
    /** What prices are in, null while nobody knows. */
    currency: computed(() => known.data.value?.currency ?? null),
    problem: computed(() => {
      const error = query.error.value ?? removing.error.value ?? restoring.error.value
      return error && toProblem(error)
    }),
    again: () => void query.refetch(),
    /** Note that the shopper looks at what it finds now. */
    see: ({ id }: SavedSearch) => void seeSearch(id).then(again, () => undefined),
    remove: (search: SavedSearch) =>
      removing.mutateAsync(search).then(
        () => true,
        () => false,
      ),
    restore: (search: SavedSearch) => {
      restoring.mutate(search)
    },
  }
}
