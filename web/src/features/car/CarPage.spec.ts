import { http } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { choose } from '@/testing/choose'
import { visit } from '@/testing/visit'

test('a car shows its facts and similar cars, and counts as one view', async () => {
  const shop = marketplace([card(1, { colour: 'dark blue', seller_type: 'Individual' }), card(2)])
  const { sees, page } = await visit('/cars/1', { as: 'shopper' })
  await sees('110 kW (150 hp)')
  await sees('€12,500')
  const facts = page.findAll('dl div').map((row) => row.text())
  expect(facts).toEqual(expect.arrayContaining(['Colourdark blue', 'SellerPrivate', 'Owners1']))
  await sees('Similar cars')
  expect(page.findAll('.row h3')).toHaveLength(2)
  await vi.waitFor(() => {
    expect(shop.events).toMatchObject([{ type: 'view', listing_id: 1 }])
  })
  expect(document.title).toContain('Skoda Octavia 1')
})

test('saving, taking back and contacting are sent in that order', async () => {
  const shop = marketplace([card(1)])
  const { sees, press } = await visit('/cars/1', { as: 'shopper' })
  await sees('Contact seller')
  await press('Save Skoda Octavia 1')
  await sees('Saved')
  await press('Save Skoda Octavia 1')
  await press('Contact seller')
  await sees('Your interest is noted')
  expect(document.activeElement?.textContent).toContain('Your interest is noted')
  await vi.waitFor(() => {
    const types = shop.events.map(({ type }) => type)
    expect(types).toEqual(['view', 'favourite', 'unfavourite', 'contact'])
  })
  expect(new Set(shop.events.map(({ id }) => id)).size).toBe(4)
})

test('a fifth car to compare is not taken in silence', async () => {
  marketplace([card(5)])
  sessionStorage.setItem('carousel.compare', '[1,2,3,4]')
  const { sees, press } = await visit('/cars/5')
  await sees('Contact seller')
  await press('Compare Skoda Octavia 5')
  await sees('Four cars fit side by side.')
  sessionStorage.clear()
})

test('a sold car says so and cannot be asked for', async () => {
  marketplace([card(1, { status: 'sold' })])
  const { sees, page } = await visit('/cars/1', { as: 'shopper' })
  await sees('Sold. This car is no longer for sale.')
  expect(page.text()).not.toContain('Contact seller')
})

test('a dismissed car is confirmed', async () => {
  const shop = marketplace([card(7)])
  const { sees, press } = await visit('/cars/7', { as: 'shopper' })
  await sees('Not for me')
  await press('Not for me: Skoda Octavia 7')
  await choose('Too expensive')
  await sees('will not be recommended to you again')
  await vi.waitFor(() => {
    expect(shop.events).toContainEqual(
      expect.objectContaining({ type: 'dismiss', listing_id: 7, reason: 'too_expensive' }),
    )
  })
})

test('a car nobody knows is told in the sentence of the server', async () => {
  marketplace([card(1)])
  const { sees, page } = await visit('/cars/99')
  await sees('This car is not here')
  await sees('Search all cars')
  expect(page.text()).not.toContain('Try again')
})

test('loading again after a failure counts as one view', async () => {
  const shop = marketplace([card(1)])
  network.use(http.get('*/cars/detail/:id', () => problem(500), { once: true }))
  const { sees, press } = await visit('/cars/1', { as: 'shopper' })
  await sees('Something went wrong on our side')
  await press('Try again')
  await sees('Contact seller')
  await vi.waitFor(() => {
    expect(shop.events).toHaveLength(1)
  })
})

test('a price is judged in words, or it is said why not', async () => {
  const shop = marketplace([card(1)])
  const first = await visit('/cars/1')
  await first.sees('No price verdict')
  await first.sees('No other car of this model is for sale; a verdict takes 20')
  shop.price = {
    ...shop.price,
    verdict: 'good',
    why_not: null,
    why_not_key: null,
    fair: 14_800,
    low: 12_900,
    high: 16_700,
    comparables: 84,
    drivers: [
      { field: 'km_driven', percent: -6.2 },
      { field: 'year', percent: 11.4 },
    ],
  }
  const second = await visit('/cars/1')
  await second.sees('Good price')
  await second.sees('84 cars of this model')
  await second.sees('mostly ask €12,900 to €16,700')
  await second.sees('Mileage: 6% cheaper')
  await second.sees('Age: 11% dearer')
})
