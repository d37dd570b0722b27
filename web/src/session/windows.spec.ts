import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { account } from '@/session/session'
import { card, marketplace, network, problem } from '@/testing/network'
import { visit } from '@/testing/visit'

const john = { email: 'john1@example.com', first_name: 'John', surname: 'One', role: 'shopper' }

/** Do in another window of the browser what it writes down. */
function elsewhere(key: string, value: object | null) {
  const newValue = value && JSON.stringify(value)
  if (newValue === null) localStorage.removeItem(key)
  else localStorage.setItem(key, newValue)
  const told = { key, newValue, storageArea: localStorage }
  window.dispatchEvent(new StorageEvent('storage', told))
}

test('who signs out in another window is signed out here, and told so', async () => {
  marketplace([card(1)])
  const { sees, press, page } = await visit('/', { as: 'shopper' })
  await sees('Sign out')
  elsewhere('carousel.session', null)
  await sees('You signed out in another window.')
  expect(account.value).toBeNull()
  await press('Close')
  expect(page.text()).not.toContain('in another window')
})

test('who signs in in another window is signed in here, and told so', async () => {
  marketplace([card(1)])
  const { sees } = await visit('/')
  await sees('Sign in')
  elsewhere('carousel.session', { token: 't', user: john })
  await sees('You signed in as John in another window.')
  await sees('Sign out')
})

test('a visit goes on in the other window without a word', async () => {
  marketplace([card(1)])
  const { page, sees } = await visit('/')
  await sees('Octavia 1')
  elsewhere('carousel.session', { token: 'v', user: null, seen: Date.now() })
  await vi.waitFor(() => {
    expect(localStorage.getItem('carousel.session')).toContain('"v"')
  })
  expect(page.find('.turn').text()).toBe('')
})

test("a heart pressed in another window shows here, but not another person's", async () => {
  marketplace([card(1), card(2)])
  const { page, sees } = await visit('/search', { as: 'shopper' })
  await sees('Octavia 2')
  const heart = (id: number) =>
    page.find(`[data-car="${id}"] [aria-label^="Save"]`).attributes('aria-pressed')
  const what = { saved: true }
  elsewhere('carousel.press', { who: 'jane@example.com', id: 2, what })
  elsewhere('carousel.press', { who: john.email, id: 1, what })
  await vi.waitFor(() => {
    expect([heart(1), heart(2)]).toEqual(['true', 'false'])
  })
})

test('a press here passes by for the other windows and leaves nothing', async () => {
  marketplace([card(1)])
  const kept = vi.spyOn(Storage.prototype, 'setItem')
  const { sees, press } = await visit('/search', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Save Skoda Octavia 1')
  expect(kept).toHaveBeenCalledWith(
    'carousel.press',
    JSON.stringify({ who: john.email, id: 1, what: { saved: true } }),
  )
  expect(localStorage.getItem('carousel.press')).toBeNull()
})

test('a session that the server ends is said to have ended, here and after a reload', async () => {
  marketplace([card(1)])
  const first = await visit('/search', { as: 'shopper' })
  await first.sees('Octavia 1')
  network.use(
    http.get('*/users/me/profile', () => problem(401, { code: 'token_expired' })),
    http.get('*/users/me/events', () => problem(401, { code: 'token_expired' })),
  )
  await first.router.push('/you')
  await first.sees('Your session has ended. Sign in again to go on.')
  expect(first.page.find('.turn a').attributes('href')).toBe('/login?next=/you')
  expect(first.page.find('main .note').text()).toContain('Your session has ended.')
  expect(first.page.text()).not.toContain('Nothing is kept')
  expect(JSON.parse(sessionStorage.getItem('carousel.ended') ?? '')).toBe('account_ended')
})

test('of a visit that is over it is not said that nothing is kept', async () => {
  marketplace([card(1)])
  const { sees, router, page } = await visit('/search')
  elsewhere('carousel.session', { token: 'x', user: null, seen: Date.now() })
  network.use(http.get('*/users/me/*', () => problem(401, { code: 'token_expired' })))
  await router.push('/you')
  await sees('Your visit has ended.')
  expect(page.text()).not.toContain('Nothing is kept')
})

test.each(['/saved', '/hidden'])('%s says what is not known, and tries again', async (path) => {
  marketplace([card(1)])
  let busy = true
  network.use(
    http.get('*/users/me/reactions', () =>
      busy
        ? problem(500, { code: 'internal' })
        : HttpResponse.json({ favourites: [1], dismissed: [1] }),
    ),
    http.get('*/api/v1/cars', () => HttpResponse.json({ cars: [card(1)] })),
    http.get('*/users/me/events', () => HttpResponse.json({ events: [], next: null })),
  )
  const { page, sees, press } = await visit(path, { as: 'shopper' })
  expect(page.find('.skeleton').exists()).toBe(true)
  expect(page.find('.nothing').exists()).toBe(false)
  await sees('Something went wrong on our side.')
  expect(page.find('.nothing').exists()).toBe(false)
  expect(page.find('.skeleton').exists()).toBe(false)
  busy = false
  await press('Try again')
  await sees('Octavia 1')
  expect(page.find('[role=alert]').exists()).toBe(false)
})
