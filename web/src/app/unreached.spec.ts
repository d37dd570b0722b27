import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { card, marketplace, network } from '@/testing/network'
import { visit } from '@/testing/visit'
import { followRouter, unreached } from './unreached'

const lost = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))

/** A router with a page whose program does not come, on a server that has pages or has none. */
async function going({ served, online }: { served: boolean; online: boolean }) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
  network.use(http.head('*/saved', () => new HttpResponse(null, { status: served ? 200 : 502 })))
  const assign = vi.fn()
  vi.stubGlobal('location', { origin: window.location.origin, href: window.location.href, assign })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: {} },
      { path: '/saved', component: lost },
    ],
  })
  followRouter(router)
  await router.push('/')
  const go = async () => {
    await router.push('/saved').catch(() => undefined)
    await vi.waitFor(() => {
      expect(assign.mock.calls.length > 0 || unreached.value !== null).toBe(true)
    })
  }
  return { assign, go, router }
}

test('after another release the page is loaded anew where the shopper goes, once', async () => {
  const { assign, go } = await going({ served: true, online: true })
  await go()
  expect(assign.mock.calls).toEqual([['/saved']])
  await go()
  await vi.waitFor(() => {
    expect(unreached.value?.fullPath).toBe('/saved')
  })
  expect(assign).toHaveBeenCalledTimes(1)
})

test.each([
  { served: false, online: true },
  { served: true, online: false },
])('without a server nothing is loaded anew: $served $online', async (how) => {
  const { assign, go, router } = await going(how)
  await go()
  expect(assign).not.toHaveBeenCalled()
  expect(unreached.value?.fullPath).toBe('/saved')
  await router.push('/?later')
  expect(unreached.value).toBeNull()
})

test('a page that does not come leaves the one that is there, and says so', async () => {
  marketplace([card(1)])
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const { router, page, sees, press } = await visit('/')
  await sees('Octavia 1')
  let there = false
  router.addRoute({
    path: '/late',
    component: () => (there ? Promise.resolve({ render: () => 'It came' }) : lost()),
  })
  await router.push('/late').catch(() => undefined)
  await vi.waitFor(() => {
    expect(document.body.textContent).toContain('This part could not be loaded.')
  })
  expect(page.text()).toContain('Octavia 1')
  there = true
  await press('Try again')
  await sees('It came')
})
