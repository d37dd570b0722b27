import { beforeEach, expect, test, vi } from 'vitest'
import { card, marketplace, recommended } from '@/testing/network'

const hour = 3_600_000
const now = Date.now()
const ago = (hours: number) => new Date(now - hours * hour).toISOString()

// A visit is known as long as the page: each test is a page of its own.
beforeEach(() => {
  vi.resetModules()
})

async function visitHome(as?: 'shopper') {
  const { visit } = await import('@/testing/visit')
  return visit('/', as ? { as } : {})
}

test('who was never here is told nothing of a last visit', async () => {
  marketplace([card(1, { listed_at: ago(1) })])
  const { sees, page } = await visitHome()
  await sees('Popular cars')
  expect(page.text()).not.toContain('last visit')
})

test('who was here yesterday sees what was listed since', async () => {
  localStorage.setItem('carousel.visited', JSON.stringify({ before: null, last: now - 24 * hour }))
  marketplace([card(1, { listed_at: ago(1) }), card(2, { listed_at: ago(48) })])
  const { sees, page } = await visitHome()
  await sees('New since your last visit')
  await sees('the newest first')
  expect(page.findAll('.row h3').map((one) => one.text())).toEqual(['Skoda Octavia 1'])
})

test('where a taste is known the new cars are those that fit', async () => {
  localStorage.setItem('carousel.visited', JSON.stringify({ before: null, last: now - 24 * hour }))
  const shop = marketplace([card(1, { listed_at: ago(1) })])
  shop.recommendations.recommended = [
    recommended(card(7, { listed_at: ago(2) }), 'New'),
    recommended(card(8, { listed_at: ago(90) }), 'Old'),
  ]
  const { sees, page } = await visitHome('shopper')
  await sees('from the 100 cars that fit you best')
  expect(page.findAll('.row h3').map((one) => one.text())).toEqual(['Skoda Octavia 7'])
})

test('a reload within half an hour is the same visit', async () => {
  const kept = { before: now - 24 * hour, last: now - hour / 60 }
  localStorage.setItem('carousel.visited', JSON.stringify(kept))
  const { lastVisit } = await import('@/tracking/lastVisit')
  expect(lastVisit()).toBe(kept.before)
  expect(lastVisit()).toBe(kept.before)
})

test('a note nobody can read is a first visit', async () => {
  localStorage.setItem('carousel.visited', '{"last":')
  const { lastVisit } = await import('@/tracking/lastVisit')
  expect(lastVisit()).toBeNull()
})
