import { VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { onTestFinished, vi } from 'vitest'
import { createMemoryHistory } from 'vue-router'
import { createQueries } from '@/api/queries'
import App from '@/app/App.vue'
import { createPages } from '@/app/router'
import { i18n } from '@/i18n'
import { signIn, signOut, startSession } from '@/session/session'
import { startTracking } from '@/tracking/tracking'
import { startReactions } from '@/tracking/useReactions'

/** Open the whole app at an address, as a signed-in shopper or a visitor. */
export async function visit(address: string, { as }: { as?: 'shopper' } = {}) {
  void startSession()
  const stops = [startTracking(), startReactions()]
  if (as) await signIn('john1@example.com')
  const queries = createQueries()
  // A spec that fails a request wants to see it fail now.
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false } })
  const router = createPages(queries, createMemoryHistory())
  await router.push(address)
  const page = mount(App, {
    global: {
      plugins: [createPinia(), i18n, [VueQueryPlugin, { queryClient: queries }], router],
    },
    attachTo: document.body,
  })
  onTestFinished(() => {
    for (const stop of stops) stop()
    page.unmount()
    queries.clear()
    signOut()
  })

  /** Wait until the page shows a text; a broken line takes up to a second to open again. */
  const sees = (text: string) =>
    vi.waitFor(
      () => {
        if (!page.text().includes(text)) throw new Error(`No "${text}" in: ${page.text()}`)
      },
      { timeout: 3_000 },
    )
  /** Press the first button or link whose name or text is `name`. */
  const press = async (name: string) => {
    const named = page
      .findAll('button, a')
      .find((one) => [one.attributes('aria-label'), one.text()].includes(name))
    if (!named) throw new Error(`No button or link "${name}" in: ${page.text()}`)
    await named.trigger('click')
  }
  const titles = () => page.findAll('.cars h3').map((one) => one.text())
  return { page, router, sees, press, titles }
}
