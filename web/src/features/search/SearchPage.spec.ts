import { http, HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'
import { usePreferences } from '@/i18n/preferences'
import { card, marketplace, network, problem, recommended } from '@/testing/network'
import { visit } from '@/testing/visit'
import { useReactions } from '@/tracking/useReactions'
// Loaded here, before the clock of the first spec runs.
import './SearchPage.vue'

const thirty = Array.from({ length: 30 }, (_, i) => card(i + 1))

test('24 cars are shown and the others come when asked for', async () => {
  const shop = marketplace(thirty)
  const { sees, press, titles } = await visit('/search')
  await sees('30 cars')
  // Those below the window are drawn a few frames later.
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(24)
  })
  await press('Load 6 more')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(30)
  })
  expect(shop.searches.map((query) => query.get('offset'))).toEqual(['0', '24'])
  await sees('30 of 30 cars shown')
  // The keyboard goes on at the first of the new ones.
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent).toContain('Octavia 25')
  })
})

test('a search counts once, not for its parts or another order', async () => {
  const shop = marketplace(thirty)
  const { page, sees, press, titles } = await visit('/search?brand=Skoda', { as: 'shopper' })
  await sees('30 cars')
  await press('Load 6 more')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(30)
  })
  await page.get('select[name=sort]').setValue('price')
  await vi.waitFor(() => {
    expect(shop.searches.at(-1)?.get('sort')).toBe('price')
  })
  await vi.waitFor(() => {
    const searches = shop.events.filter(({ type }) => type === 'search')
    expect(searches).toMatchObject([{ filters: { brand: ['Skoda'] } }])
  })
  expect(shop.searches.every((query) => query.get('record') === 'false')).toBe(true)
})

test('an account finds its own order first, anybody else the newest', async () => {
  const shop = marketplace(thirty)
  const nobody = await visit('/search')
  await nobody.sees('30 cars')
  expect(shop.searches.at(-1)?.get('sort')).toBe('newest')
  nobody.page.unmount()
  const somebody = await visit('/search', { as: 'shopper' })
  await somebody.sees('30 cars')
  expect(shop.searches.at(-1)?.get('sort')).toBe('recommended')
})

test('where the server says why a found car stands where it does, its card says so', async () => {
  const why = { key: 'like_saved', values: { make: 'Skoda', model: 'Octavia' } }
  marketplace([recommended(card(1), 'Like it', why), card(2)])
  const { page, sees } = await visit('/search', { as: 'shopper' })
  await sees('Like the Skoda Octavia you saved')
  expect(page.findAll('.reason')).toHaveLength(1)
})

test('an order that cannot be had gives way to the usual one', async () => {
  const shop = marketplace(thirty)
  for (const sort of ['distance', 'recommended', 'nonsense']) {
    const { page, sees } = await visit(`/search?sort=${sort}`)
    await sees('30 cars')
    expect(shop.searches.at(-1)?.get('sort')).toBe('newest')
    page.unmount()
  }
})

test('asking for an own order begins a visit', async () => {
  const shop = marketplace(thirty)
  const { page, sees } = await visit('/search')
  await sees('30 cars')
  await page.get('select[name=sort]').setValue('recommended')
  await vi.waitFor(() => {
    expect(shop.searches.at(-1)?.get('sort')).toBe('recommended')
  })
})

test('filters go into the address and come back out by their chip', async () => {
  marketplace(thirty)
  const { sees, press, router } = await visit('/search?fuel=Plugin Hybrid&max_price=9000')
  await sees('Plug-in hybrid')
  await sees('Up to €9,000')
  await press('Remove filter Plug-in hybrid')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ max_price: '9000' })
  })
  await vi.waitFor(() => {
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove filter Up to €9,000')
  })
  await press('Clear all')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({})
  })
})

test('the sheet of filters tells how many cars there would be', async () => {
  marketplace(thirty)
  const { sees, press, router } = await visit('/search')
  await sees('30 cars')
  await press('Filters')
  const sheet = await vi.waitFor(() => {
    const found = document.querySelector<HTMLElement>('[role=dialog]')
    if (!found?.textContent.includes('Show 30 cars')) throw new Error('There is no sheet yet.')
    return found
  })
  const pick = (selector: string) => {
    sheet.querySelector<HTMLInputElement>(selector)?.click()
  }
  pick('input[value="Plugin Hybrid"]')
  pick('input[value=Estate]')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ fuel: ['Plugin Hybrid'], body: ['Estate'] })
  })
  const highest = sheet.querySelector<HTMLInputElement>('input[name="high Price"]')
  if (!highest) throw new Error('The highest price cannot be written.')
  highest.value = '9000'
  highest.dispatchEvent(new Event('change'))
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query['max_price']).toBe('9000')
  })
})

test('a suggested filter is added by a press', async () => {
  marketplace(thirty)
  const offers = [
    { name: 'body', value: 'Estate', count: 12, personal: true },
    { name: 'max_price', value: '15000', count: 7, personal: false },
  ]
  network.use(http.get('*/cars/refinements', () => HttpResponse.json({ refinements: offers })))
  const { page, sees, router } = await visit('/search?body=SUV')
  await sees('Up to €15,000')
  const [first] = page.findAll('[aria-label="Suggested filters"] button')
  expect(first?.text()).toContain('fits what you look for')
  await first?.trigger('click')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ body: ['Estate'] })
  })
  expect(document.activeElement?.tagName).toBe('H1')
})

test('in miles a suggested distance is a round one, with its own count', async () => {
  marketplace(thirty)
  const offers = [{ name: 'max_mileage', value: '55000', count: 12, personal: false }]
  network.use(http.get('*/cars/refinements', () => HttpResponse.json({ refinements: offers })))
  const { page, sees, router } = await visit('/search?body=SUV')
  await sees('Up to 55,000 km')
  usePreferences().distance = 'mi'
  onTestFinished(() => {
    usePreferences().distance = 'km'
  })
  await sees('Up to 34,000')
  const button = page.get('[aria-label="Suggested filters"] button')
  expect(button.text()).toContain('30')
  await button.trigger('click')
  await vi.waitFor(() => {
    expect(router.currentRoute.value.query).toEqual({ body: ['SUV'], max_mileage: '54718' })
  })
})

test('a search is saved under the name that its filters propose', async () => {
  marketplace(thirty)
  const saved: unknown[] = []
  network.use(
    http.post('*/users/me/searches', async ({ request }) => {
      saved.push(await request.json())
      return HttpResponse.json({}, { status: 201 })
    }),
  )
  const { sees, press } = await visit('/search?brand=Skoda&max_price=9000')
  await sees('30 cars')
  await press('Save search')
  const form = await vi.waitFor(() => {
    const found = document.querySelector<HTMLFormElement>('[role=dialog] form')
    if (!found) throw new Error('There is no form yet.')
    return found
  })
  expect(form.querySelector('input')?.value).toBe('Skoda, Up to €9,000')
  form.requestSubmit()
  await vi.waitFor(() => {
    expect(saved).toEqual([
      { name: 'Skoda, Up to €9,000', filters: { brand: ['Skoda'], max_price: 9000 } },
    ])
  })
  await sees('“Skoda, Up to €9,000” is saved.')
})

test('cars that the shopper hid are left out, as many follow in, and that is said', async () => {
  const shop = marketplace(thirty)
  network.use(
    http.get('*/users/me/reactions', () =>
      HttpResponse.json({ favourites: [], dismissed: [3, 4, 99] }),
    ),
  )
  const { sees, press, titles } = await visit('/search', { as: 'shopper' })
  await sees('28 cars, 2 hidden')
  await sees('2 cars you have hidden are not shown.')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(24)
  })
  expect(titles().at(-1)).toContain('Octavia 26')
  await sees('24 of 28 cars shown')
  await press('Load 4 more')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(28)
  })
  expect(shop.searches.map((query) => query.get('offset'))).toEqual(['0', '24'])
})

test('a car hidden here makes room for the next one of the result', async () => {
  marketplace(thirty)
  const { sees, titles } = await visit('/search', { as: 'shopper' })
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(24)
  })
  const { dismiss } = useReactions()
  dismiss(2, 'other')
  await sees('29 cars, 1 hidden')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(24)
  })
  expect(titles().at(-1)).toContain('Octavia 25')
  dismiss(5, 'other')
  await sees('28 cars, 2 hidden')
  expect(titles().at(-1)).toContain('Octavia 26')
})

test('values that nobody knows are left out of what is asked for', async () => {
  const shop = marketplace(thirty)
  const { page, sees } = await visit('/search?body=Spaceship&fuel=Diesel')
  await sees('30 cars')
  expect(shop.searches.at(-1)?.getAll('body')).toEqual([])
  expect(shop.searches.at(-1)?.getAll('fuel')).toEqual(['Diesel'])
  expect(page.text()).not.toContain('Spaceship')
})

test('among a few cars no filter is suggested', async () => {
  marketplace(thirty.slice(0, 3))
  const offers = [{ name: 'body', value: 'Estate', count: 1, personal: true }]
  network.use(http.get('*/cars/refinements', () => HttpResponse.json({ refinements: offers })))
  const { page, sees } = await visit('/search?fuel=Diesel')
  await sees('3 cars')
  await page.vm.$nextTick()
  expect(page.find('[aria-label="Suggested filters"]').exists()).toBe(false)
})

test('what is shown is reported with its place', async () => {
  // A car counts as shown once in a visit to the page: these are none of the other specs.
  const shop = marketplace(Array.from({ length: 30 }, (_, i) => card(1_001 + i)))
  const { sees } = await visit('/search', { as: 'shopper' })
  await sees('30 cars')
  await vi.waitFor(
    () => {
      const shown = shop.events.filter(({ type }) => type === 'impression')
      expect(shown).toHaveLength(24)
      expect(shown[23]).toMatchObject({ listing_id: 1_024, position: 24 })
    },
    { timeout: 4_000 },
  )
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

test('a part that fails leaves the cars there and can be tried again', async () => {
  marketplace(thirty)
  const { sees, press, titles } = await visit('/search')
  await sees('30 cars')
  network.use(http.get('*/cars/search', () => problem(500), { once: true }))
  await press('Load 6 more')
  await sees('Something went wrong on our side.')
  expect(titles()).toHaveLength(24)
  await press('Try again')
  await vi.waitFor(() => {
    expect(titles()).toHaveLength(30)
  })
})

test('a text is added to the filters in use, which is said, or searched for alone', async () => {
  marketplace(thirty)
  const corsa = [
    { name: 'brand', value: 'Opel', text: 'opel', start: 0, end: 4, corrected: false },
    { name: 'model', value: 'Corsa', text: 'corsa', start: 5, end: 10, corrected: false },
  ]
  network.use(
    http.get('*/cars/phrase', () =>
      HttpResponse.json({ chips: corsa, ignored: [], sort: null, total: 93 }),
    ),
    http.get('*/cars/suggestions', () => HttpResponse.json({ suggestions: [] })),
  )
  const say = async ({ page }: Awaited<ReturnType<typeof visit>>) => {
    await page.get('input[name=text]').setValue('opel corsa')
    await page.get('form[role=search]').trigger('submit')
  }
  const one = await visit('/search?brand=Skoda&body=SUV&min_year=2020')
  await one.sees('30 cars')
  await say(one)
  await one.sees('Added to: From 2020, SUV.')
  const { fullPath } = one.router.currentRoute.value
  expect(fullPath).toBe('/search?brand=Opel&model=Corsa&body=SUV&min_year=2020')
  await one.press('Search only for “opel corsa”')
  await vi.waitFor(() => {
    expect(one.router.currentRoute.value.fullPath).toBe('/search?brand=Opel&model=Corsa')
  })
  expect(one.page.text()).not.toContain('Added to')
  one.page.unmount()

  network.use(
    http.get('*/cars/search', ({ request }) => {
      const total = new URL(request.url).searchParams.has('body') ? 0 : 93
      return HttpResponse.json({ listings: [], total, limit: 24, offset: 0 })
    }),
  )
  const other = await visit('/search?body=SUV')
  await other.sees('No car matches all of this')
  await say(other)
  await other.sees('No car is also SUV: this is a new search.')
  expect(other.router.currentRoute.value.fullPath).toBe('/search?brand=Opel&model=Corsa')
})

test('how a free text was read is told above the cars', async () => {
  marketplace(thirty)
  const brand = { name: 'brand', value: 'Skoda', text: 'scoda', start: 0, end: 5, corrected: true }
  network.use(
    http.get('*/cars/phrase', () =>
      HttpResponse.json({ chips: [brand], ignored: ['xyz'], sort: null, total: 30 }),
    ),
    http.get('*/cars/suggestions', () => HttpResponse.json({ suggestions: [] })),
  )
  const { page, sees, press } = await visit('/search')
  await page.get('input[name=text]').setValue('scoda xyz')
  await page.get('form[role=search]').trigger('submit')
  await sees('Skoda for “scoda”. Not understood: xyz.')
  await press('Remove filter Skoda')
  await vi.waitFor(() => {
    expect(page.text()).not.toContain('Not understood')
  })
})
