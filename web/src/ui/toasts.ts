/** Short messages at the edge of the page, some with a way back. Shared state of the page alone. */

import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Toast {
  id: number
  text: string
  /** What the button says and does, e.g. "Undo". */
  action?: { text: string; run: () => void } | undefined
}

let next = 1

export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([])

  function say(text: string, action?: Toast['action']): number {
    const toast = { id: next++, text, action }
    // One at a time: the newest says what just happened.
    toasts.value = [toast]
    return toast.id
  }

  function close(id: number) {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  return { toasts, say, close }
})
