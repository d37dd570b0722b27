import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { visit } from '@/testing/visit'

/** A server whose shopper saved and hid some of its cars. */
function shelf(cars: ReturnType<typeof card>[], saved: number[], hidden: number[] = []) {
  const shop = marketplace(cars)
  network.use(
    http.get('*/users/me/reactions', () =>
      HttpResponse.json({ favourites: saved, dismissed: hidden }),
    ),
    http.get('*/api/v1/cars', ({ request }) => {
      const wanted = new URL(request.url).searchParams.getAll('id').map(Number)
      if (wanted.length > 100) return problem(422)
      return HttpResponse.json({ cars: cars.filter(({ id }) => wanted.includes(id)) })
    }),
    http.get('*/cars/verdicts', ({ request }) => {
      const wanted = new URL(request.url).searchParams.getAll('id').map(Number)
      return HttpResponse.json({
        verdicts: wanted.map((id) => ({
          id,
          verdict: id === 1 ? 'great' : 'high',
          fair: 13_000,
          comparables: 40,
        })),
      })
    }),
    http.get('*/users/me/events', () =>
      HttpResponse.json({
        events: hidden.map((id) => ({
          id: `e${id}`,
          type: 'dismiss',
          reason: 'too_old',
          at: '2026-11-20T10:00:00Z',
          car: { id, brand: 'Skoda', name: `Octavia ${id}`, status: 'active' },
        })),
        next: null,
      }),
    ),
  )
  return shop
}

test('saved cars stand on the shelf, and one that sold becomes a tombstone with what comes closest', async () => {
  shelf([card(1), card(2, { status: 'sold' })], [1, 2])
  network.use(
    http.get('*/cars/2/similar', () =>
      HttpResponse.json({
        similar: [
          { ...card(1), differences: { selling_price: -500, year: 1 }, different: ['colour'] },
        ],
      }),
    ),
  )
  const { sees, page } = await visit('/saved', { as: 'shopper' })
  await sees('Sold')
  await sees('€500 cheaper')
  await sees('1 year newer')
  expect(page.findAll('.cars h3').map((one) => one.text())).toEqual(['Skoda Octavia 1'])
})

test('a tombstone is removed, and brought back by undo', async () => {
  const shop = shelf([card(2, { status: 'sold' })], [2])
  const { sees, press, page } = await visit('/saved', { as: 'shopper' })
  await sees('Closest still for sale')
  await press('Remove Skoda Octavia 2')
  await sees('No saved cars yet.')
  await sees('Undo')
  await press('Undo')
  await sees('Closest still for sale')
  expect(page.text()).not.toContain('No saved cars yet.')
  await vi.waitFor(() => {
    expect(shop.events.map(({ type }) => type)).toEqual(['unfavourite', 'favourite'])
  })
})

test('cars are compared row by row: what differs is marked, the best is named', async () => {
  shelf([card(1, { selling_price: 11_000 }), card(2, { year: 2020 })], [1, 2])
  sessionStorage.setItem('carousel.compare', '[1,2]')
  const { sees, page } = await visit('/compare', { as: 'shopper' })
  await sees('Great price')
  const row = (name: string) => page.findAll('tbody tr').find((one) => one.text().startsWith(name))
  expect(row('Price')?.classes()).toContain('differs')
  expect(row('Price')?.findAll('td')[0]?.text()).toContain('best')
  expect(row('Price')?.findAll('td')[1]?.text()).not.toContain('best')
  expect(row('Fuel')?.classes()).not.toContain('differs')
  await page.get('input[type=checkbox]').setValue(true)
  expect(row('Fuel')).toBeUndefined()
  sessionStorage.clear()
})

test('a sold car is shown as sold and is best in nothing', async () => {
  const sold = card(1, { status: 'sold', selling_price: 9_000 })
  shelf([sold, card(2, { selling_price: 13_000 }), card(3)], [])
  sessionStorage.setItem('carousel.compare', '[1,2,3]')
  const { sees, page } = await visit('/compare', { as: 'shopper' })
  await sees('Octavia 3')
  expect(page.findAll('thead th')[0]?.text()).toContain('Sold')
  const cells = page.get('tbody tr').findAll('td')
  expect(cells.map((one) => one.text().includes('best'))).toEqual([false, false, true])
  expect(cells[0]?.classes()).toContain('gone')
})

test('a hidden car says why it was hidden and is brought back with its reason', async () => {
  const shop = shelf([card(7)], [], [7])
  const { sees, press } = await visit('/hidden', { as: 'shopper' })
  await sees('Too old')
  await press('Bring back Skoda Octavia 7')
  await sees('No hidden cars.')
  await vi.waitFor(() => {
    expect(shop.events).toMatchObject([
      {
        type: 'undismiss',
        listing_id: 7,
        reason: 'too_old',
        dismissed_at: '2026-11-20T10:00:00Z',
      },
    ])
  })
})

test('the keyboard goes on at the next car where one is brought back, and at the page after the last', async () => {
  shelf([card(7), card(8)], [], [7, 8])
  const { sees, page } = await visit('/hidden', { as: 'shopper' })
  await sees('Octavia 8')
  const bringBack = (id: number) => {
    const button = page.get<HTMLElement>(`[aria-label="Bring back Skoda Octavia ${String(id)}"]`)
    button.element.focus()
    button.element.click()
  }
  bringBack(7)
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent).toBe('Skoda Octavia 8')
  })
  bringBack(8)
  await sees('No hidden cars.')
  expect(document.activeElement?.id).toBe('page')
})

test('more cars than one request may ask for are all on the shelf', async () => {
  const many = Array.from({ length: 130 }, (_, i) => card(i + 1))
  shelf(
    many,
    many.map(({ id }) => id),
  )
  const { sees, titles } = await visit('/saved', { as: 'shopper' })
  await sees('130 cars')
  expect(titles()).toHaveLength(130)
})

test('of many cars opened the older ones come when asked for, each once', async () => {
  const many = Array.from({ length: 60 }, (_, i) => card(i + 1))
  const shop = shelf(many, [])
  shop.viewed = many.map((car) => ({ car, at: '2026-11-20T12:00:00Z' }))
  const { sees, press, titles } = await visit('/recent', { as: 'shopper' })
  await sees('Show older')
  expect(titles()).toHaveLength(48)
  await press('Show older')
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent).toBe('Skoda Octavia 49')
  })
  expect(new Set(titles()).size).toBe(60)
})

test('saved searches tell what they find, and a deleted one comes back by undo', async () => {
  shelf([card(1)], [])
  let searches = [
    {
      id: 5,
      name: 'Estates',
      filters: { body: ['Estate'], max_price: 15_000 },
      created_at: '2026-11-01T10:00:00Z',
      seen_at: '2026-11-20T10:00:00Z',
      total: 84,
      new: 3,
    },
  ]
  network.use(
    http.get('*/users/me/searches', () => HttpResponse.json({ searches })),
    http.delete('*/users/me/searches/5', () => {
      searches = []
      return new HttpResponse(null, { status: 204 })
    }),
    http.post('*/users/me/searches', async ({ request }) => {
      const { name, filters } = (await request.json()) as (typeof searches)[0]
      const fresh = { id: 6, name, filters, created_at: '', seen_at: '', total: 84, new: 0 }
      searches = [{ ...fresh, created_at: '2026-11-21T10:00:00Z', seen_at: '2026-11-21T10:00:00Z' }]
      return HttpResponse.json(searches[0], { status: 201 })
    }),
  )
  network.use(http.get('*/users/me/profile', () => HttpResponse.json({ currency: 'EUR' })))
  const { sees, press } = await visit('/searches', { as: 'shopper' })
  await sees('84 cars')
  await sees('Up to €15,000')
  await sees('3 new')
  await sees('Estate')
  await press('Delete Estates')
  await sees('No saved searches yet.')
  await sees('Undo')
  await press('Undo')
  await sees('84 cars')
})

test('the cars opened stand under their days', async () => {
  shelf([card(1), card(2)], [])
  network.use(
    http.get('*/users/me/views', () =>
      HttpResponse.json({
        viewed: [
          { car: card(2), at: '2026-11-20T12:00:00Z' },
          { car: card(1), at: '2026-11-19T12:00:00Z' },
        ],
      }),
    ),
  )
  const { sees, page } = await visit('/recent', { as: 'shopper' })
  await sees('20 Nov 2026')
  expect(page.findAll('h2').map((one) => one.text())).toEqual(['20 Nov 2026', '19 Nov 2026'])
})

test('updates tell what became of cars, and the count beside the bell goes when they are seen', async () => {
  shelf([card(1)], [2])
  let told = 2
  const notice = { seen: false, search: null, before: null, after: null, closest: [] }
  const at = '2026-11-21T10:00:00Z'
  network.use(
    http.get('*/users/me/notices', () =>
      HttpResponse.json({
        unseen: told,
        until: 7,
        notices: [
          { ...notice, kind: 'price_drop', at, car: card(1), before: 14_000, after: 12_500 },
          {
            ...notice,
            kind: 'sold',
            at,
            car: card(2, { status: 'sold' }),
            closest: [{ ...card(1), differences: { km_driven: -5_000 }, different: [] }],
          },
        ],
      }),
    ),
    http.post('*/users/me/notices/seen', () => {
      told = 0
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const { sees, page, router } = await visit('/recent', { as: 'shopper' })
  await sees('2 new')
  await router.push('/updates')
  await sees('€1,500 cheaper than before')
  await sees('was €14,000')
  await sees('5,000 km fewer')
  await vi.waitFor(() => {
    expect(told).toBe(0)
    expect(page.find('.badge').exists()).toBe(false)
  })
})

test('an update that comes while the others are looked at stays counted until it is shown', async () => {
  const shop = shelf([card(1), card(2)], [])
  const fits = (id: number) => ({
    kind: 'fits',
    at: '2026-11-21T10:00:00Z',
    seen: false,
    car: card(id),
    before: null,
    after: null,
    search: null,
    closest: [],
  })
  let kept = [fits(1)]
  const saw: number[] = []
  network.use(
    http.get('*/users/me/notices', () =>
      HttpResponse.json({
        notices: kept,
        unseen: kept.length - (saw.at(-1) ?? 0),
        until: kept.length,
      }),
    ),
    http.post('*/users/me/notices/seen', ({ request }) => {
      if (kept.length === 1) {
        kept = [fits(2), fits(1)]
        shop.notice(2)
      }
      saw.push(Number(new URL(request.url).searchParams.get('until')))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const { sees, page } = await visit('/updates', { as: 'shopper' })
  await sees('Octavia 2')
  await vi.waitFor(() => {
    expect(saw).toEqual([1, 2])
    expect(page.find('.badge').exists()).toBe(false)
  })
})

test('a saved car that got cheaper says by how much, until its price is back', async () => {
  shelf([card(1, { selling_price: 11_000 }), card(2, { selling_price: 14_000 })], [1, 2])
  const drop = (id: number, before: number, after: number) => ({
    kind: 'price_drop',
    at: '2026-11-20T10:00:00Z',
    seen: true,
    car: card(id),
    before,
    after,
    search: null,
    closest: [],
  })
  network.use(
    http.get('*/users/me/notices', () =>
      HttpResponse.json({
        notices: [drop(1, 12_500, 11_000), drop(2, 13_500, 12_000)],
        unseen: 0,
        until: 0,
      }),
    ),
  )
  const { sees, page } = await visit('/saved', { as: 'shopper' })
  await sees('€1,500 cheaper than before')
  expect(page.findAll('.cars s').map((one) => one.text())).toEqual(['was €12,500'])
})
