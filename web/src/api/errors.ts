/** Errors of this page: noticed where nobody else sees them, and told where the server wants them. */

import type { App } from 'vue'
import type { Router } from 'vue-router'
import { Problem, isAbort, onFault } from './http'
import type { Place } from './reports'

/** As many different ones are told until the page is loaded anew. */
const most = 10
/** What passes by itself, or is the shopper's to mend, is no error. */
const passing = [0, 401, 404, 408, 429, 503]

/**
 * Tell errors from now on, if the server says so in the page's head; else nothing is even loaded.
 *
 * Returns what ends it.
 */
export function followErrors(app: App, router: Router): () => void {
  const told = document.querySelector<HTMLMetaElement>('meta[name="error-reports"]')
  if (!told?.content) return () => undefined
  const known = new Set<string>()
  let loading: Promise<(error: Error, place: Place) => void> | null = null

  async function tell(thrown: unknown): Promise<void> {
    if (isAbort(thrown) || !navigator.onLine) return
    if (thrown instanceof Problem && passing.includes(thrown.status)) return
    const error = worded(thrown)
    const words = `${error.name} ${error.message}`
    if (known.has(words) || known.size >= most) return
    known.add(words)
    const place = {
      route: router.currentRoute.value.matched.at(-1)?.path.replace(/\([^)]*\)/g, ''),
      request: thrown instanceof Problem ? thrown.requestId : null,
    }
    loading ??= import('./reports').then(({ openReports }) => openReports(told?.content ?? ''))
    try {
      ;(await loading)(error, place)
    } catch {
      // Without a connection, or after another release, it may come with the next one.
      loading = null
    }
  }

  app.config.errorHandler = (error) => {
    console.error(error)
    void tell(error)
  }
  const onError = ({ error }: ErrorEvent) => {
    // Without one it is told by the browser alone, such as that a size took a second look.
    if (error) void tell(error)
  }
  const onRejection = ({ reason }: PromiseRejectionEvent) => void tell(reason)
  window.addEventListener('error', onError)
  window.addEventListener('unhandledrejection', onRejection)
  onFault((fault) => void tell(fault))
  return () => {
    window.removeEventListener('error', onError)
    window.removeEventListener('unhandledrejection', onRejection)
    onFault(() => undefined)
  }
}

/** Return an error to tell: of the server's sentence, which may name what was asked, its code alone. */
function worded(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(`thrown was no error but ${typeof thrown}`)
  if (!(thrown instanceof Problem)) return thrown
  const error = new Error(`${thrown.status} ${thrown.code}`)
  error.name = thrown.name
  if (thrown.stack) error.stack = thrown.stack.replace(thrown.message, error.message)
  return error
}
