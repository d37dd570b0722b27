import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, computed, toValue } from 'vue'
import { counted, exported, forget, forgetSome, happened, profile } from '@/api/client'
import { toProblem } from '@/api/http'
import type { Kind } from '@/api/schema'
import { current, who } from '@/session/session'

/** Which events go: one by its id, those about such cars, or all. */
export type Which = { id: string } | Kind | 'all'
/** What goes only after a question. */
export type Many = Exclude<Which, { id: string }>

/** How much would go; undefined while that is not known. */
export function useCount(which: MaybeRefOrGetter<Many>) {
  const { data } = useQuery({
    queryKey: computed(() => ['events', who.value, 'count', toValue(which)]),
    queryFn: ({ signal }) => {
      const many = toValue(which)
      return counted(many === 'all' ? null : many, signal)
    },
    staleTime: 0,
    gcTime: 0,
  })
  return data
}

/** All that is kept about whoever looks at the page, and the ways to be rid of it. */
export function useYou() {
  const queries = useQueryClient()
  const enabled = computed(() => current.value !== null)
  const liked = useQuery({
    queryKey: computed(() => ['profile', who.value]),
    queryFn: ({ signal }) => profile(signal),
    enabled,
    staleTime: 0,
  })
  const done = useInfiniteQuery({
    queryKey: computed(() => ['events', who.value]),
    queryFn: ({ pageParam, signal }) => happened(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    enabled,
    staleTime: 0,
  })
  const forgetting = useMutation({
    mutationFn: (which: Which) =>
      which === 'all' ? forgetSome(null) : 'id' in which ? forget(which.id) : forgetSome(which),
    // Lists, saved cars and all else may rest on what is gone now.
    onSuccess: () => queries.invalidateQueries(),
  })

  return {
    liked: liked.data,
    events: computed(() => done.data.value?.pages.flatMap(({ events }) => events)),
    more: done.hasNextPage,
    fetching: done.isFetchingNextPage,
    older: () => done.fetchNextPage(),
    problem: computed(() => {
      const error = liked.error.value ?? done.error.value ?? forgetting.error.value
      return error && toProblem(error)
    }),
    again: () => {
      void liked.refetch()
      void done.refetch()
    },
    /** Forget some events; resolves to whether it worked. */
    forget: (which: Which) =>
      forgetting.mutateAsync(which).then(
        () => true,
        () => false,
      ),
    busy: forgetting.isPending,
    exported,
  }
}
