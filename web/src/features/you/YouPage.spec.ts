import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { visit } from '@/testing/visit'

/** A server that knows two things about the shopper, and forgets what it is told to. */
function someone() {
  marketplace([card(1)])
  const forgotten: string[] = []
  const at = '2026-11-20T10:00:00Z'
  const car = { id: 1, brand: 'Skoda', name: 'Octavia 1', status: 'active' }
  network.use(
    http.get('*/users/me/profile', () =>
      HttpResponse.json({
        personal: true,
        version: 3,
        since: at,
        events: 2,
        currency: 'EUR',
        likes: {
          brands: [{ name: 'Skoda', share: 0.62 }],
          bodies: [{ name: 'Estate', share: 0.71 }],
          fuels: [],
          transmissions: [],
        },
        ranges: {
          selling_price: { low: 9_900, typical: 13_900, high: 16_500 },
          year: null,
          km_driven: null,
          power_hp: null,
        },
      }),
    ),
    http.get('*/users/me/events', () =>
      HttpResponse.json({
        events: [
          { id: 'b', type: 'search', at, filters: { brand: ['Skoda'], max_price: 15_000 } },
          { id: 'a', type: 'view', at, car },
        ],
        next: null,
      }),
    ),
    http.delete('*/users/me/events/:id', ({ params }) => {
      forgotten.push(String(params['id']))
      return new HttpResponse(null, { status: 204 })
    }),
    http.delete('*/users/me/events', ({ request }) => {
      forgotten.push(new URL(request.url).search)
      return new HttpResponse(null, { status: 204 })
    }),
  )
  return forgotten
}

test('the profile is readable: shares, ranges, and what it rests on', async () => {
  someone()
  const { sees, page } = await visit('/you', { as: 'shopper' })
  await sees('What we think you like')
  await sees('Skoda62%')
  await sees('€9,900 to €16,500, mostly about €13,900')
  await sees('Opened Skoda Octavia 1')
  expect(page.text()).toContain('Searched for Skoda · Up to €15,000')
})

test('one event, or all about a make, is forgotten on a press', async () => {
  const forgotten = someone()
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Opened Skoda Octavia 1')
  await press('Forget: Opened Skoda Octavia 1')
  await sees('Forgotten: Opened Skoda Octavia 1')
  await press('Forget Skoda: everything about such cars')
  await sees('Skoda is forgotten.')
  expect(forgotten).toEqual(['a', '?brand=Skoda'])
})

test('older things come below the others, and the keyboard goes on at the first of them', async () => {
  someone()
  const at = '2026-11-19T10:00:00Z'
  const done = (id: number) => ({
    id: `e${String(id)}`,
    type: 'view',
    at,
    car: { id, brand: 'Skoda', name: `Octavia ${String(id)}`, status: 'active' },
  })
  network.use(
    http.get('*/users/me/events', ({ request }) =>
      HttpResponse.json(
        new URL(request.url).searchParams.get('before') === 'there'
          ? { events: [done(2)], next: null }
          : { events: [done(4), done(3)], next: 'there' },
      ),
    ),
  )
  const { sees, press, page } = await visit('/you', { as: 'shopper' })
  await sees('Opened Skoda Octavia 3')
  await press('Show older')
  await sees('Opened Skoda Octavia 2')
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent).toBe('Opened Skoda Octavia 2')
  })
  expect(page.findAll('.done a')).toHaveLength(3)
  expect(page.text()).not.toContain('Show older')
})

test('forgetting everything asks once more', async () => {
  const forgotten = someone()
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Opened Skoda Octavia 1')
  await press('Forget everything')
  await vi.waitFor(() => {
    expect(document.querySelector('[role=alertdialog]')).not.toBeNull()
  })
  expect(forgotten).toEqual([])
  const [, sure] = document.querySelectorAll<HTMLElement>('[role=alertdialog] button')
  sure?.click()
  await sees('Everything you did is forgotten.')
  expect(forgotten).toEqual([''])
})

test('a stranger is told that nothing is kept', async () => {
  marketplace([card(1)])
  const { sees, page } = await visit('/you')
  await sees('Nothing is kept about you yet.')
  expect(page.text()).not.toContain('Forget')
})

test('a failure is told and can be tried again', async () => {
  someone()
  network.use(http.get('*/users/me/profile', () => problem(503), { once: true }))
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Something went wrong on our side')
  await press('Try again')
  await sees('Skoda62%')
})
