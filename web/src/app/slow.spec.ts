import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network } from '@/testing/network'
import { visit } from '@/testing/visit'

const slowly = 'This takes longer than usual …'
const pages = [
  '/',
  '/search',
  '/cars/1',
  '/saved',
  '/compare',
  '/searches',
  '/recent',
  '/hidden',
  '/updates',
  '/you',
]

/** A server that knows who asks and what they keep, and answers nothing else. */
function hanging() {
  marketplace([card(1)])
  network.use(
    http.get('*/api/v1/*', ({ request }) =>
      /users\/me(\/reactions)?$/.test(request.url)
        ? undefined
        : new Promise<never>(() => undefined),
    ),
    http.get('*/api/v1/cars', () => new Promise<never>(() => undefined)),
    http.get('*/users/me/reactions', () => HttpResponse.json({ favourites: [1], dismissed: [2] })),
  )
  sessionStorage.setItem('carousel.compare', '[1,2]')
}

test.each(pages)('%s says that it takes longer, once, and only after a while', async (path) => {
  hanging()
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ['setTimeout', 'clearTimeout'] })
  const { page, sees } = await visit(path, { as: 'shopper' })
  await vi.waitFor(() => {
    expect(page.find('.skeleton, .waiting').exists()).toBe(true)
  })
  expect(page.text()).not.toContain(slowly)
  await vi.advanceTimersByTimeAsync(4_000)
  await sees(slowly)
  const told = page.findAll('main [role=status]').filter((one) => one.text() === slowly)
  expect(told).toHaveLength(1)
})
