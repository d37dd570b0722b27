import { expect, test, vi } from 'vitest'
import { card, marketplace } from '@/testing/network'
import { visit } from '@/testing/visit'

test('back from a car the keyboard is at its card again, elsewhere at the page', async () => {
  marketplace([card(1), card(2), card(3)])
  const { sees, page, router } = await visit('/', { as: 'shopper' })
  await sees('Octavia 2')
  const link = page.findAll('.cars h3 a')[1]?.element as HTMLElement
  link.focus()
  link.click()
  await sees('Contact seller')
  await vi.waitFor(() => {
    expect(document.activeElement?.id).toBe('page')
  })
  router.back()
  await vi.waitFor(() => {
    expect(document.activeElement).toBe(link)
  })
  await router.push('/searches')
  await vi.waitFor(() => {
    expect(document.activeElement?.id).toBe('page')
  })
  router.back()
  await sees('For you')
  await vi.waitFor(() => {
    expect(document.activeElement?.id, 'no card leads there').toBe('page')
  })
})

test('of several links to a car the one that was pressed has the keyboard again', async () => {
  const shop = marketplace([card(1), card(2)])
  shop.viewed = [{ car: card(2), at: '2026-11-01T10:00:00Z' }]
  const { sees, page, router } = await visit('/', { as: 'shopper' })
  await sees('Octavia 2')
  const ways = await vi.waitFor(() => {
    const found = page.findAll('#page a[href="/cars/2"]')
    expect(found.length).toBeGreaterThan(1)
    return found
  })
  const last = ways.at(-1)?.element as HTMLElement
  last.focus()
  last.click()
  await sees('Contact seller')
  router.back()
  await vi.waitFor(() => {
    expect(document.activeElement).toBe(last)
  })
})
