import { type Ref, onBeforeUnmount, ref, watch } from 'vue'

/** After so many milliseconds a search is called slow. */
const patience = 4_000

/** Whether something has been on its way for so long that it is time to say so. */
export function useSlow(loading: Ref<boolean>): Readonly<Ref<boolean>> {
  const slow = ref(false)
  let clock: ReturnType<typeof setTimeout> | undefined
  watch(
    loading,
    (now) => {
      clearTimeout(clock)
      slow.value = false
      if (!now) return
      clock = setTimeout(() => {
        slow.value = true
      }, patience)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    clearTimeout(clock)
  })
  return slow
}
