import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import type { Card } from '@/api/schema'
import { card, marketplace, network } from '@/testing/network'
import { visit } from '@/testing/visit'
import { withNews } from './liveCars'

/** A marketplace with two cars, what becomes of them, and which are asked about. */
async function open(path: string) {
  const cars = [card(1), card(2)]
  const shop = marketplace(cars)
  const asked: number[][] = []
  network.use(
    http.get('*/api/v1/cars', ({ request }) => {
      const ids = new URL(request.url).searchParams.getAll('id').map(Number)
      asked.push(ids)
      return HttpResponse.json({ cars: cars.filter(({ id }) => ids.includes(id)) })
    }),
    http.get('*/users/me/reactions', () => HttpResponse.json({ favourites: [1], dismissed: [] })),
  )
  const opened = await visit(path, { as: 'shopper' })
  await opened.sees('Octavia 1')
  await vi.waitFor(() => {
    expect(shop.lines()).toBe(1)
  })
  asked.length = 0
  return {
    ...opened,
    shop,
    asked,
    become: (id: number, facts: Partial<Card>) => Object.assign(cars[id - 1] ?? {}, facts),
  }
}

test('the page of a car hears that it was sold', async () => {
  const { shop, become, sees, page } = await open('/cars/1')
  await sees('Contact seller')
  become(1, { status: 'sold' })
  shop.lose(1)
  await sees('Sold. This car is no longer for sale.')
  expect(page.text()).not.toContain('Contact seller')
})

test('the page of a car hears of another price and says so', async () => {
  const { shop, become, sees } = await open('/cars/1')
  become(1, { selling_price: 11_000 })
  shop.reprice(1, 11_000)
  await sees('The price has changed: €11,000, before it was €12,500.')
})

test('a saved car that is sold becomes a tombstone', async () => {
  const { shop, become, sees, page } = await open('/saved')
  expect(page.find('.tombstone').exists()).toBe(false)
  become(1, { status: 'sold' })
  shop.lose(1, 77)
  await sees('Closest still for sale')
  expect(page.find('.tombstone').exists()).toBe(true)
})

test('a car that is sold stays where it was found, and says so', async () => {
  const { shop, become, page, titles, asked } = await open('/search')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(2)
  })
  const before = titles()
  become(1, { status: 'sold' })
  shop.lose(1, 77)
  await vi.waitFor(() => {
    expect(page.find('[data-car="1"] .status').text()).toBe('Sold')
  })
  expect(titles()).toEqual(before)
  expect(page.find('[data-car="2"] .status').exists()).toBe(false)
  expect(asked).toEqual([[1]])
})

test.each(['/', '/search', '/saved'])(
  '%s shows another price where the car stands',
  async (path) => {
    const { shop, page, asked } = await open(path)
    const price = () => page.find('[data-car="1"] .price').text()
    await vi.waitFor(() => {
      expect(price()).toBe('€12,500')
    })
    shop.reprice(1, 11_000)
    await vi.waitFor(() => {
      expect(price()).toBe('€11,000')
    })
    expect(asked).toEqual([])
  },
)

test('who comes back to a window hears what they missed', async () => {
  const { shop, become, page } = await open('/saved')
  become(1, { status: 'sold' })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  shop.hangUp()
  await vi.waitFor(
    () => {
      expect(page.find('.tombstone').exists()).toBe(true)
    },
    { timeout: 3_000 },
  )
})

test('a car of which nothing is new stays the same', () => {
  const one = card(1)
  expect(withNews(one, undefined)).toBe(one)
  expect(withNews(one, { selling_price: one.selling_price })).toBe(one)
  expect(withNews({ selling_price: 1 }, { selling_price: 2, status: 'sold' })).toEqual({
    selling_price: 2,
  })
})
