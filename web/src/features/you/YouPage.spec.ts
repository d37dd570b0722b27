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
          transmissions: [{ name: 'Manual', share: 0.9 }],
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
    http.get('*/users/me/events/count', () =>
      HttpResponse.json({
        events: 31,
        saved: 9,
        hidden: 0,
        viewed: 14,
        contacted: 0,
        searched: 2,
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

/** The question that is open: what it says, and its buttons, the way back first. */
async function question() {
  const dialog = await vi.waitFor(() => {
    const found = document.querySelector('[role=alertdialog]')
    if (!found) throw new Error('No question')
    return found
  })
  const [back, sure] = dialog.querySelectorAll<HTMLElement>('button')
  return { dialog, back, sure }
}

test('one event is forgotten on a press', async () => {
  const forgotten = someone()
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Opened Skoda Octavia 1')
  await press('Forget: Opened Skoda Octavia 1')
  await sees('Forgotten: Opened Skoda Octavia 1')
  expect(forgotten).toEqual(['a'])
})

test('all about a make goes only after a question that says how much that is', async () => {
  const forgotten = someone()
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Opened Skoda Octavia 1')
  await press('Forget all about Skoda')
  const { dialog, back } = await question()
  await vi.waitFor(() => {
    expect(dialog.textContent).toMatch(/9 saved cars, 14 opened,? and 2 searches/)
  })
  expect(dialog.textContent).toContain('cannot be undone')
  back?.click()
  await vi.waitFor(() => {
    expect(document.querySelector('[role=alertdialog]')).toBeNull()
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Forget all about Skoda')
  })
  expect(forgotten).toEqual([])
  await press('Forget all about Skoda')
  const { sure } = await question()
  expect(sure?.textContent.trim()).toBe('Forget all about Skoda')
  sure?.click()
  await sees('Skoda is forgotten.')
  expect(forgotten).toEqual(['?brand=Skoda'])
})

test('a gearbox can be forgotten too', async () => {
  const forgotten = someone()
  const { sees, press } = await visit('/you', { as: 'shopper' })
  await sees('Manual')
  await press('Forget all about the gearbox Manual')
  const { sure } = await question()
  sure?.click()
  await sees('the gearbox Manual is forgotten.')
  expect(forgotten).toEqual(['?transmission=Manual'])
})

test('why a car was hidden is told', async () => {
  someone()
  const car = { id: 1, brand: 'Skoda', name: 'Octavia 1', status: 'active' }
  const event = { type: 'dismiss', at: '2026-11-19T10:00:00Z', car }
  network.use(
    http.get('*/users/me/events', () =>
      HttpResponse.json({
        events: [
          { ...event, id: 'x', reason: 'too_expensive' },
          { ...event, id: 'y', reason: 'of_a_later_version' },
        ],
        next: null,
      }),
    ),
  )
  const { sees, page } = await visit('/you', { as: 'shopper' })
  await sees('Hid Skoda Octavia 1')
  const told = page.findAll('.done li').map((one) => one.text())
  expect(told[0]).toContain('Too expensive')
  expect(told[1]).not.toMatch(/·|version/)
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
  const { sure } = await question()
  expect(forgotten).toEqual([])
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
