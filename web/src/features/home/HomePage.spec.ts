import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { card, marketplace, network, problem, recommended } from '@/testing/network'
import { visit } from '@/testing/visit'

function twoLists() {
  const shop = marketplace([card(1), card(2)])
  const second = () => {
    shop.recommendations = {
      recommended: [recommended(card(3), 'Just listed', { key: 'new' })],
      slate: 'slate-2',
      version: 2,
      personal: true,
    }
  }
  return { shop, second }
}

/** Choose from the menu that is open. */
async function choose(words: string) {
  const item = await vi.waitFor(() => {
    const items = [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')]
    const found = items.find(({ textContent }) => textContent.trim() === words)
    if (!found) throw new Error(`No "${words}" in a menu`)
    return found
  })
  item.click()
}

test('a shopper sees the list with its reasons', async () => {
  marketplace([card(1), card(2)])
  const { sees, titles } = await visit('/', { as: 'shopper' })
  await sees('Popular with other shoppers')
  await sees('For you')
  expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2'])
})

test('a list that is not personal says so', async () => {
  const shop = marketplace([card(1)])
  shop.recommendations.personal = false
  const { sees, page } = await visit('/', { as: 'shopper' })
  await sees('Popular and new')
  expect(page.text()).not.toContain('For you')
})

test('a visitor sees popular cars and leaves no events', async () => {
  const shop = marketplace([recommended(card(1), 'Popular'), card(2)])
  const { sees } = await visit('/')
  await sees('Popular cars')
  await sees('Skoda Octavia 1')
  await sees('Popular with other shoppers')
  expect(localStorage).toHaveLength(0)
  expect(shop.events).toEqual([])
})

test('a newer list waits for a press and does not move the cars', async () => {
  const { shop, second } = twoLists()
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  second()
  await vi.waitFor(() => {
    shop.say(2)
  })
  await sees('Updated for you')
  expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2'])
  await press('Updated for you · 1 new')
  await sees('Just listed')
  expect(titles()).toEqual(['Skoda Octavia 3'])
  await sees('Your list has been updated.')
})

test('the list is asked for as part of the trace that changed it, and only then', async () => {
  const { shop, second } = twoLists()
  const { sees } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  const traces: (string | null)[] = []
  network.use(
    http.get('*/cars/recommendations', ({ request }) => {
      traces.push(request.headers.get('traceparent'))
      return HttpResponse.json(shop.recommendations)
    }),
  )
  second()
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await vi.waitFor(() => {
    expect(shop.lines()).toBe(1)
  })
  shop.say(2, trace)
  await sees('Updated for you')
  expect(traces).toEqual([trace])
  shop.recommendations.version = 3
  shop.say(3)
  await vi.waitFor(() => {
    expect(traces).toEqual([trace, null])
  })
})

test('coming back from a car shows the newer list without a press', async () => {
  const { shop, second } = twoLists()
  const { sees, press, titles, router, page } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Skoda Octavia 1')
  await sees('Contact seller')
  second()
  shop.say(2)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await router.push('/')
  await sees('Just listed')
  expect(titles()).toEqual(['Skoda Octavia 3'])
  expect(page.text()).not.toContain('Updated for you')
})

test('a change missed while the line was broken is noticed when it opens again', async () => {
  const { shop, second } = twoLists()
  const { sees, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  shop.hangUp()
  second()
  await sees('Updated for you')
  expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2'])
})

test('a change missed while the window was hidden is noticed when it is seen again', async () => {
  const { shop, second } = twoLists()
  const { sees, page } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.waitFor(() => {
    expect(shop.lines()).toBe(0)
  })
  second()
  shop.say(2)
  expect(page.text()).not.toContain('Updated for you')
  visibility.mockReturnValue('visible')
  document.dispatchEvent(new Event('visibilitychange'))
  await sees('Updated for you')
})

test('a car that is sold leaves the open page', async () => {
  const shop = marketplace([card(1), card(2), card(3)])
  const { sees, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 2')
  await vi.waitFor(() => {
    expect(shop.lines()).toBe(1)
  })
  shop.lose(2, 99)
  await vi.waitFor(() => {
    expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 3'])
  })
})

test('only an unusual reason stands out', async () => {
  const shop = marketplace([card(1), card(2), card(3)])
  shop.recommendations.recommended = ['taste', 'new', 'taste'].map((key, i) =>
    recommended(card(i + 1), key, { key }),
  )
  const { sees, page } = await visit('/', { as: 'shopper' })
  await sees('Just listed')
  const quiet = page.findAll('.reason').map((one) => one.classes('usual'))
  expect(quiet).toEqual([true, false, true])
})

test('after a dismissal the keyboard goes on at the car in its place', async () => {
  marketplace([card(1), card(2)])
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Not for me: Skoda Octavia 1')
  await choose('Another reason')
  await sees('Skoda Octavia 1 is off your list.')
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent).toBe('Skoda Octavia 2')
  })
})

test('a dismissed car goes at once and the reason is sent', async () => {
  const shop = marketplace([card(1), card(2)])
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Not for me: Skoda Octavia 1')
  await choose('Too old')
  await vi.waitFor(() => {
    expect(titles()).toEqual(['Skoda Octavia 2'])
  })
  await vi.waitFor(() => {
    expect(shop.events).toContainEqual(
      expect.objectContaining({ type: 'dismiss', listing_id: 1, reason: 'too_old' }),
    )
  })
})

test('the place of a car that was too expensive is taken by a cheaper one', async () => {
  const spare = [card(13, { selling_price: 28_990 }), card(14, { selling_price: 9_900 })]
  const shop = marketplace([...Array.from({ length: 12 }, (_, i) => card(i + 1)), ...spare])
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Not for me: Skoda Octavia 1')
  await choose('Too expensive')
  await vi.waitFor(() => {
    expect(titles()[0]).toBe('Skoda Octavia 14')
    expect(shop.events).toContainEqual(expect.objectContaining({ type: 'dismiss' }))
  })
})

test('a car brought back stands where it stood', async () => {
  const shop = marketplace([card(1), card(2), card(3)])
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Not for me: Skoda Octavia 2')
  await choose('Too expensive')
  await sees('Undo')
  expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 3'])
  await press('Undo')
  await vi.waitFor(() => {
    expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2', 'Skoda Octavia 3'])
  })
  await vi.waitFor(() => {
    const [hidden, back] = shop.events.filter(({ type }) => type.endsWith('dismiss'))
    expect(back).toMatchObject({
      type: 'undismiss',
      listing_id: 2,
      reason: 'too_expensive',
      dismissed_at: hidden?.occurred_at,
    })
  })
})

test('each car of a slate is reported as shown once', async () => {
  const shop = marketplace([card(11), card(12)])
  shop.recommendations.slate = 'slate-of-its-own'
  const { sees, press, router } = await visit('/', { as: 'shopper' })
  await sees('Octavia 11')
  const impressions = () => shop.events.filter((event) => event.type === 'impression')
  // Each is looked at for a second, and then travels within another.
  await vi.waitFor(
    () => {
      expect(impressions()).toHaveLength(2)
    },
    { timeout: 3_000 },
  )
  await press('Skoda Octavia 11')
  await sees('Contact seller')
  await router.push('/')
  await sees('Octavia 12')
  await vi.waitFor(() => {
    expect(shop.events.some(({ type }) => type === 'view')).toBe(true)
  })
  const chance = { propensity: 0.9, random: false, eligible: 200 }
  expect(impressions()).toEqual([
    expect.objectContaining({ listing_id: 11, position: 1, ...chance }),
    expect.objectContaining({ listing_id: 12, position: 2, ...chance }),
  ])
})

test('a failure is told in its sentence and can be tried again', async () => {
  marketplace([card(1)])
  let down = true
  network.use(
    http.get('*/cars/recommendations', () =>
      down ? problem(503, { detail: 'The database did not answer.' }) : undefined,
    ),
  )
  const { sees, press } = await visit('/', { as: 'shopper' })
  await sees('Something went wrong on our side.')
  down = false
  await press('Try again')
  await sees('Popular with other shoppers')
})

test('a session the server refuses ends, and popular cars are shown', async () => {
  marketplace([card(1)])
  network.use(http.get('*/cars/recommendations', () => problem(401, { detail: 'Expired.' })))
  const { startSession } = await import('@/session/session')
  void startSession()
  const { sees } = await visit('/', { as: 'shopper' })
  await sees('Popular cars')
  await sees('Octavia 1')
})

test('a list that grows goes on where it ended, without the cars it has', async () => {
  const shop = marketplace(Array.from({ length: 20 }, (_, i) => card(i + 1)))
  const { sees, press, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 12')
  expect(titles()).toHaveLength(12)
  const asked: string[][] = []
  network.use(
    http.get('*/cars/recommendations', ({ request }) => {
      asked.push(new URL(request.url).searchParams.getAll('exclude'))
      return HttpResponse.json({
        ...shop.recommendations,
        recommended: [recommended(card(21), 'New')],
        slate: 'slate-2',
      })
    }),
  )
  await press('Show more cars')
  await sees('Octavia 20')
  expect(asked).toEqual([Array.from({ length: 20 }, (_, i) => String(i + 1))])
  expect(titles()).toHaveLength(21)
})

test('where one left off stands below, without the cars that were hidden', async () => {
  const shop = marketplace([card(1), card(2)])
  shop.viewed = [2, 30].map((id) => ({ car: card(id), at: '2026-11-20T10:00:00Z' }))
  const { sees, press, page } = await visit('/', { as: 'shopper' })
  await sees('Continue where you left off')
  const row = () => page.findAll('.row h3').map((one) => one.text())
  expect(row()).toEqual(['Skoda Octavia 2', 'Skoda Octavia 30'])
  await press('Not for me: Skoda Octavia 2')
  await choose('Too old')
  await vi.waitFor(() => {
    expect(row()).toEqual(['Skoda Octavia 30'])
  })
})

test('saved searches that find something new are named with their count', async () => {
  const shop = marketplace([card(1)])
  const search = { created_at: '2026-11-01T10:00:00Z', seen_at: '2026-11-02T10:00:00Z', total: 9 }
  const filters = { brand: ['Skoda'], max_price: 15_000 }
  shop.saved = [
    { ...search, id: 1, name: 'For the family', filters, new: 3 },
    { ...search, id: 2, name: 'Quiet', filters, new: 0 },
  ]
  const { sees, page } = await visit('/', { as: 'shopper' })
  await sees('For the family')
  await sees('3 new')
  expect(page.text()).not.toContain('Quiet')
  const link = page.findAll('a').find((one) => one.text().includes('For the family'))
  expect(link?.attributes('href')).toBe('/search?brand=Skoda&max_price=15000')
})

test('a first act begins a visit, and the list it changes waits for a press', async () => {
  const shop = marketplace([card(1), card(2)])
  shop.recommendations = { ...shop.recommendations, version: 0, personal: false }
  const { sees, press, titles, page } = await visit('/')
  await sees('Octavia 2')
  await press('Save Skoda Octavia 2')
  await vi.waitFor(() => {
    expect(shop.lines()).toBe(1)
  })
  expect(page.text()).not.toContain('Updated for you')
  shop.recommendations = {
    recommended: [recommended(card(3), 'Like it')],
    slate: 'slate-2',
    version: 1,
    personal: true,
  }
  shop.say(1)
  await sees('Updated for you')
  expect(titles()).toEqual(['Skoda Octavia 1', 'Skoda Octavia 2'])
  await press('Updated for you · 1 new')
  await sees('For you')
  expect(titles()).toEqual(['Skoda Octavia 3'])
})

test('the pill names what was done since that brought the new cars', async () => {
  const { shop } = twoLists()
  const { sees } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  const soon = new Date(Date.now() + 1_000).toISOString()
  const cause = [{ type: 'view', listing_id: 9, at: soon, unit: 0 }]
  const why = { key: 'like_viewed', values: { make: 'Kia', model: 'Ceed' }, cause }
  shop.recommendations = {
    recommended: [recommended(card(3), 'Like it', why)],
    slate: 'slate-2',
    version: 2,
    personal: true,
  }
  await vi.waitFor(() => {
    shop.say(2)
  })
  await sees('Because you looked at Kia Ceed')
})

test('a change that comes just after coming back shows by itself', async () => {
  const { shop, second } = twoLists()
  const { sees, press, router, titles } = await visit('/', { as: 'shopper' })
  await sees('Octavia 1')
  await press('Skoda Octavia 1')
  await sees('Contact seller')
  await router.push('/')
  await sees('For you')
  second()
  shop.say(2)
  await vi.waitFor(() => {
    expect(titles()).toEqual(['Skoda Octavia 3'])
  })
})
