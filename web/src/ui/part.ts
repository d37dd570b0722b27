/** Parts of the page whose program comes when somebody first asks for them. */

import {
  type Component,
  defineComponent,
  h,
  onMounted,
  onUnmounted,
  onUpdated,
  shallowRef,
} from 'vue'
import { useI18n } from 'vue-i18n'
import { useToasts } from './toasts'

/** What a part is given by whoever opens it, as far as it matters here. */
interface Given {
  /** The button that opened it. */
  anchor?: HTMLElement
  onClose?: () => void
  open?: boolean
  'onUpdate:open'?: (open: boolean) => void
}

/** How often nothing came, though there was a connection, since something last did. */
let failures = 0

/**
 * Return a component that loads itself. Where that fails it closes, and a message offers to try
 * again: by pressing the same button, or, where the server has another release by now and the part
 * is there no more, by loading the page anew.
 */
export function part<Part extends Component>(load: () => Promise<{ default: Part }>): Part {
  let loaded: Part | null = null

  const loading = defineComponent({
    inheritAttrs: false,
    setup(_, { attrs, slots }) {
      const { t } = useI18n()
      const toasts = useToasts()
      const ready = shallowRef(loaded)
      let wanted = true
      let asking = false

      async function ask() {
        asking = true
        try {
          loaded = (await load()).default
          ready.value = loaded
          failures = 0
        } catch {
          if (navigator.onLine) failures += 1
          if (wanted) missing(attrs as Given)
        } finally {
          asking = false
        }
      }

      function missing({ anchor, onClose, 'onUpdate:open': turn }: Given) {
        const retry = () => {
          if (failures > 1 && navigator.onLine) window.location.reload()
          else if (anchor) anchor.click()
          else if (turn) turn(true)
          else void ask()
        }
        toasts.say(t('problems.missing'), { text: t('problems.retry'), run: retry })
        onClose?.()
        turn?.(false)
      }

      function askOnce() {
        if (!ready.value && !asking && (attrs as Given).open !== false) void ask()
      }
      onMounted(askOnce)
      onUpdated(askOnce)
      onUnmounted(() => {
        wanted = false
      })
      return () => ready.value && h(ready.value as Component, attrs, slots)
    },
  })
  return loading as unknown as Part
}
