import { http } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { visit } from '@/testing/visit'

const thirty = Array.from({ length: 30 }, (_, i) => card(i + 1))

test('the brand typed on the home page is searched for', async () => {
  const shop = marketplace(thirty)
  const { page, sees, titles } = await visit('/', { as: 'shopper' })
  await page.get('input[name=brand]').setValue('Skoda')
  await page.get('form').trigger('submit')
  await sees('30 cars')
  expect(titles()).toHaveLength(24)
  expect(shop.searches.at(-1)?.getAll('brand')).toEqual(['Skoda'])
})

test('pages are turned through the address and a search counts once', async () => {
  const shop = marketplace(thirty)
  const { sees, press, titles, router } = await visit('/search?brand=Skoda', { as: 'shopper' })
  await sees('Page 1 of 2')
  await press('Next')
  await sees('Page 2 of 2')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(6)
  })
  expect(router.currentRoute.value.query).toEqual({ brand: ['Skoda'], page: '2' })
  router.back()
  await sees('Page 1 of 2')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(24)
  })
  const searches = shop.events.filter(({ type }) => type === 'search')
  expect(searches).toMatchObject([{ filters: { brand: ['Skoda'] } }])
  expect(shop.searches.every((query) => query.get('record') === 'false')).toBe(true)
})

test('filters go into the address and come back out by their chip', async () => {
  marketplace(thirty)
  const { page, sees, press, router } = await visit('/search')
  await sees('Plug-in hybrid')
  await page.get('input[value=plugin_hybrid]').setValue(true)
  await page.get('input[name=max_price]').setValue('9000')
  await sees('Filters (2)')
  expect(router.currentRoute.value.query).toEqual({ fuel: ['plugin_hybrid'], max_price: '9000' })
  await press('Remove filter Plug-in hybrid')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ max_price: '9000' })
  })
})

test('no result says so', async () => {
  marketplace([])
  const { sees } = await visit('/search?min_price=9&max_price=1')
  await sees('No cars match. The lowest price is above the highest.')
})

test('a failure is told in its sentence and can be tried again', async () => {
  marketplace(thirty)
  const refusal = () => problem(422, { detail: 'min_year must be at least 1900.' })
  network.use(http.get('*/cars/search', refusal, { once: true }))
  const { sees, press } = await visit('/search?brand=Skoda')
  await sees('min_year must be at least 1900.')
  await press('Try again')
  await sees('30 cars')
})
