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

/** Return how far, in px, what opens keeps from the window's edges so that no message is under it. */
export function besideToasts() {
  const edge = 8
  const box = document.querySelector('.toast')?.getBoundingClientRect()
  return {
    top: edge,
    right: edge,
    bottom: box ? window.innerHeight - box.top + edge : edge,
    left: edge,
  }
}
