import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network } from '@/testing/network'
import { visit } from '@/testing/visit'
import { learnCurrency } from './currency'
// Loaded here, before the clock of the first spec runs.
import './SearchPage.vue'

const thirty = Array.from({ length: 30 }, (_, i) => card(i + 1))
// As from any car seen before; in these specs no search finds one.
learnCurrency(thirty)

test('where nothing matches, what has to give way is a button each', async () => {
  marketplace(thirty)
  const nearest = [
    { field: 'max_price', from: 9_000, to: 9_900, sentence: '', matches: 0 },
    { field: 'transmission', from: ['Automatic'], to: null, sentence: '', matches: 37 },
  ]
  network.use(
    http.get('*/cars/search', ({ request }) => {
      const query = new URL(request.url).searchParams
      const cheap = query.has('max_price')
      const total = cheap ? 0 : 5
      return HttpResponse.json({ listings: [], total, limit: 24, offset: 0, nearest })
    }),
  )
  const { page, sees, router } = await visit('/search?transmission=Automatic&max_price=9000')
  await sees('No car matches all of this')
  await sees('5 cars')
  const ways = page.findAll('.nothing li button')
  expect(ways.map((way) => way.text())).toEqual([
    expect.stringMatching(/^Up to .9,900 instead of up to .9,000, without “Automatic”37 cars$/),
    expect.stringMatching(/^Without “Up to .9,000”5 cars$/),
  ])
  await ways[0]?.trigger('click')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ max_price: '9900' })
  })
  expect(document.activeElement?.tagName).toBe('H1')
})

/** Answer a search with as many cars as `count` says of its parameters, none of them shown. */
function counting(count: (query: URLSearchParams) => number) {
  network.use(
    http.get('*/cars/search', ({ request }) => {
      const total = count(new URL(request.url).searchParams)
      return HttpResponse.json({ listings: [], total, limit: 24, offset: 0 })
    }),
  )
}

test('all that a way out gives up is said, and a model without its make is one', async () => {
  marketplace(thirty)
  counting((query) => {
    if (!query.has('model')) return query.has('brand') ? 800 : 6_000
    return query.has('brand') ? 0 : 93
  })
  const { page, sees, router } = await visit('/search?brand=Skoda&model=Golf')
  await sees('93 cars')
  const ways = page.findAll('.nothing li button')
  expect(ways.map((way) => way.text())).toEqual([
    'Without “Skoda” and “Golf”6,000 cars',
    'Without “Golf”800 cars',
    'Without “Skoda”93 cars',
  ])
  await ways[2]?.trigger('click')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.fullPath).toBe('/search?model=Golf')
  })
  await sees('Golf')
})

test('bounds the wrong way round are turned, or either is given up', async () => {
  marketplace(thirty)
  counting((query) => {
    const low = Number(query.get('min_price') ?? 0)
    const high = Number(query.get('max_price') ?? Infinity)
    return low > high ? 0 : query.has('min_price') && query.has('max_price') ? 4 : 20
  })
  const { page, sees } = await visit('/search?min_price=9000&max_price=1000')
  await sees('20 cars')
  const ways = page.findAll('.nothing li button')
  expect(ways.map((way) => way.text())).toEqual([
    expect.stringMatching(/^.1,000 to .9,000 instead of .9,000 to .1,0004 cars$/),
    expect.stringMatching(/^Without “From .9,000”20 cars$/),
    expect.stringMatching(/^Without “Up to .1,000”20 cars$/),
    expect.stringMatching(/^Without “.9,000 to .1,000”20 cars$/),
  ])
})

test('bounds that exclude each other are named', async () => {
  marketplace([])
  const { sees } = await visit('/search?min_price=9&max_price=1')
  await sees('Price: the lower end is above the upper one.')
})
