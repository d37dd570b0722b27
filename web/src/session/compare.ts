/** The cars laid side by side, at most four. Shared state of the page alone. */

import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

export const most = 4
const place = 'carousel.compare'

export const useCompare = defineStore('compare', () => {
  const ids = ref<number[]>(stored())
  const full = computed(() => ids.value.length >= most)

  /** Add a car or take it away; a fifth one is not added. Returns whether it is in now. */
  function toggle(id: number): boolean {
    if (ids.value.includes(id)) ids.value = ids.value.filter((one) => one !== id)
    else if (!full.value) ids.value = [...ids.value, id]
    return ids.value.includes(id)
  }

  function clear() {
    ids.value = []
  }

  watch(ids, (now) => {
    try {
      sessionStorage.setItem(place, JSON.stringify(now))
    } catch {
      // Without storage it lasts as long as the page.
    }
  })
  return { ids, full, toggle, clear }
})

function stored(): number[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? '[]') as unknown
    return Array.isArray(kept) ? kept.filter((id) => Number.isInteger(id)).slice(0, most) : []
  } catch {
    return []
  }
}
