import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, recommended } from '@/testing/network'
import { visit } from '@/testing/visit'

const at = '2026-11-20T10:00:00.123456Z'
const viewed = {
  key: 'like_viewed',
  part: 'cars',
  values: { make: 'Kia', model: 'Ceed', like: 'body', body: 'Estate' },
  cause: [
    { type: 'view', listing_id: 9, at, unit: 0 },
    { type: 'search', at: '2026-11-20T09:00:00Z', unit: 1 },
  ],
}

/** What opens over the page is loaded when it is first wanted. */
const patience = { timeout: 3_000 }

/** Press something in what opened over the page. */
async function pressOver(words: string) {
  const found = await vi.waitFor(() => {
    const all = [...document.body.querySelectorAll<HTMLElement>('button, [role="menuitem"]')]
    const one = all.find((one) => [one.ariaLabel, one.textContent.trim()].includes(words))
    if (!one) throw new Error(`No "${words}" in: ${document.body.textContent}`)
    return one
  }, patience)
  found.click()
}
const over = (words: string) =>
  vi.waitFor(() => {
    expect(document.body.textContent).toContain(words)
  }, patience)

function withHistory() {
  const shop = marketplace([card(1), card(2), card(3)])
  shop.recommendations.recommended = [
    recommended(card(1), 'Like it', viewed),
    recommended(card(2), 'Popular'),
    recommended(card(3), 'Random', { key: 'chance', part: 'none' }),
  ]
  const forgotten: string[] = []
  network.use(
    http.get('*/users/me/events', () =>
      HttpResponse.json({
        events: [
          {
            id: 'e-other',
            type: 'view',
            at: '2026-11-20T11:00:00Z',
            car: { id: 9, brand: 'Kia', name: 'Ceed SW', status: 'sold' },
          },
          {
            id: 'e-view',
            type: 'view',
            at: '2026-11-20T10:00:00.123457Z',
            car: { id: 9, brand: 'Kia', name: 'Ceed SW', status: 'sold' },
          },
          {
            id: 'e-search',
            type: 'search',
            at: '2026-11-20T09:00:00Z',
            filters: { body: ['Estate'], max_price: 15_000 },
          },
        ],
        next: null,
      }),
    ),
    http.delete('*/users/me/events/:id', ({ params }) => {
      forgotten.push(String(params['id']))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  return { shop, forgotten }
}

test('a reason tells the steps behind it, and one of them can be forgotten', async () => {
  const { forgotten } = withHistory()
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Another estate, like the Kia Ceed you looked at')
  await press('Another estate, like the Kia Ceed you looked at')
  await over('You looked at Kia Ceed SW')
  await over('You searched for Estate, up to €15,000')
  await pressOver('Forget this: You looked at Kia Ceed SW')
  await over('Forgotten')
  expect(forgotten).toEqual(['e-view'])
})

test('equal searches are told once and forgotten together, also older ones', async () => {
  const { shop } = withHistory()
  const moments = ['12', '11', '09', '08'].map((hour) => `2026-11-20T${hour}:00:00Z`)
  const forgotten: string[] = []
  const filters = { body: ['Estate'], max_price: 15_000 }
  network.use(
    http.get('*/users/me/events', ({ request }) => {
      const second = new URL(request.url).searchParams.has('before')
      const all = moments.map((at, n) => ({ id: `e-${n}`, type: 'search', at, filters }))
      all.push({
        id: 'e-suv',
        type: 'search',
        at: moments[3] ?? '',
        filters: { ...filters, body: ['SUV'] },
      })
      return HttpResponse.json({
        events: second ? all.slice(3) : all.slice(0, 3),
        next: second ? null : 'more',
      })
    }),
    http.delete('*/users/me/events/:id', ({ params }) => {
      forgotten.push(String(params['id']))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const cause = moments.slice(0, 3).map((at) => ({ type: 'search', at, unit: 0 }))
  shop.recommendations.recommended = [
    recommended(card(1), 'Fits', { key: 'fits_search', part: 'searches', cause }),
  ]
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Fits your search')
  await press('Fits your search')
  await over('You searched for Estate, up to €15,000')
  expect(document.body.querySelectorAll('.panel li').length).toBe(1)
  await pressOver('Forget this: You searched for Estate, up to €15,000')
  await over('Forgotten')
  expect(forgotten.sort()).toEqual(['e-0', 'e-1', 'e-2', 'e-3'])
})

test('the keyboard stays in the panel when a button of it has done its work', async () => {
  withHistory()
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Another estate, like the Kia Ceed you looked at')
  await press('Another estate, like the Kia Ceed you looked at')
  await pressOver('Forget this: You looked at Kia Ceed SW')
  await over('Forgotten')
  await vi.waitFor(() => {
    expect(document.activeElement?.ariaLabel).toMatch('Forget this: You searched for')
  })
  await pressOver('Less like this')
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent.trim()).toBe('Too expensive')
  })
})

test('a reason of the market says that nothing was done for it', async () => {
  withHistory()
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Popular with other shoppers')
  await press('Popular with other shoppers')
  await over('Nothing you did led to it.')
})

test('less like this asks why and hides the car', async () => {
  const { shop } = withHistory()
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Something different')
  await press('Something different, picked at random')
  await pressOver('Less like this')
  await pressOver('Not this make')
  await vi.waitFor(() => {
    expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2'])
  }, patience)
  await vi.waitFor(() => {
    expect(shop.events).toContainEqual(
      expect.objectContaining({ type: 'dismiss', listing_id: 3, reason: 'not_this_make' }),
    )
  })
})

test('trade-offs name what is gained and what is given up', async () => {
  withHistory()
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Like this, but …: Skoda Octavia 1')
  await over('Like the Skoda Octavia 1, but …')
  await over('€1,200 cheaper')
  await over('1 year older')
  await over('12 km farther away')
})

test('where the browser may not say where we are, closer cars say so, and a place is chosen', async () => {
  withHistory()
  const asked = vi.fn((_found: unknown, failed: (error: object) => void) => {
    failed({ code: 1 })
  })
  Object.defineProperty(navigator, 'geolocation', {
    value: { getCurrentPosition: asked },
    configurable: true,
  })
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Like this, but …: Skoda Octavia 1')
  await over('€1,200 cheaper')
  expect(asked, 'nobody is asked before it is needed').not.toHaveBeenCalled()
  await pressOver('Closer')
  await over('Your browser was told not to say where you are')
  const places = await vi.waitFor(() => {
    const found = document.querySelector<HTMLSelectElement>('.from select')
    if (!found) throw new Error('No place to choose')
    return found
  })
  expect(places.labels[0]?.textContent).toBe('Closer to')
  places.value = 'Brno'
  places.dispatchEvent(new Event('change'))
  await over('€1,200 cheaper')
  expect(document.body.textContent).not.toContain('Your browser was told')
  expect(places.value, 'another one can be chosen').toBe('Brno')
})

test('four cars are compared, a fifth is told why not', async () => {
  marketplace([1, 2, 3, 4, 5].map((id) => card(id)))
  const { sees, press, page } = await visit('/', { as: 'shopper' })
  await sees('Octavia 5')
  for (const id of [1, 2, 3, 4, 5]) await press(`Compare Skoda Octavia ${id}`)
  await sees('Four cars fit side by side.')
  const compared = page.findAll('[aria-label^="Compare Skoda"]').map((one) => one.attributes())
  expect(compared.map((one) => one['aria-pressed'])).toEqual([
    ...Array.from({ length: 4 }, () => 'true'),
    'false',
  ])
})

test('a verdict says itself in words, and none is told as none', async () => {
  const shop = marketplace([card(1), card(2)])
  network.use(
    http.get('*/cars/verdicts', ({ request }) => {
      expect(new URL(request.url).searchParams.getAll('id')).toEqual(['1', '2'])
      return HttpResponse.json({
        verdicts: [
          { id: 1, verdict: 'great', fair: 15_000, comparables: 80 },
          { id: 2, verdict: null, fair: null, comparables: 0 },
        ],
      })
    }),
  )
  expect(shop.popular).toHaveLength(2)
  const { sees } = await visit('/', { as: 'shopper' })
  await sees('Great price')
  await sees('No price verdict')
})

test('text of a seller is text, however long and whatever it pretends to be', async () => {
  const name = `<img src=x onerror=alert(1)> ${'long '.repeat(60)}`
  marketplace([card(1, { brand: '<b>Bad', name, region: '{{ 1 + 1 }}' })])
  const { sees, page } = await visit('/')
  await sees('<img src=x onerror=alert(1)>')
  expect(page.find('img[src="x"]').exists()).toBe(false)
  expect(page.text().replaceAll('\u00a0', ' ')).toContain('{{ 1 + 1 }}')
})

test('a name that turns the direction of writing turns no word beside it', async () => {
  marketplace([card(1, { name: '\u202eTDI\u2069 evil', region: '\u202eonrB' })])
  const { sees, page } = await visit('/')
  await sees('evil')
  const said = [page.find('.cars').text(), ...page.findAll('[aria-label]').map(labelOf)].join('\n')
  const turned = said.match(/\u202e/g) ?? []
  expect(turned.length).toBeGreaterThan(4)
  expect(said.match(/\u2068[^\u2066-\u2069]*\u202e[^\u2066-\u2069]*\u2069/g)).toHaveLength(
    turned.length,
  )
})
const labelOf = (one: { attributes: (name: string) => string | undefined }) =>
  one.attributes('aria-label') ?? ''
