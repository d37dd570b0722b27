import { http, HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Event } from '@/api/schema'
import { signIn, signOut, startSession } from '@/session/session'
import { marketplace, network } from '@/testing/network'
import { startTracking } from './tracking'
import { startReactions, useReactions } from './useReactions'

const { favourites, dismissed, dismiss, undismiss, toggleFavourite } = useReactions()

/** What the server says of the shopper; changed by a spec as the pipeline would. */
function server() {
  const says = { favourites: [] as number[], dismissed: [] as number[] }
  const shop = marketplace([])
  let asked = 0
  network.use(
    http.get('*/users/me/reactions', () => {
      asked += 1
      return HttpResponse.json(says)
    }),
  )
  return { says, shop, asked: () => asked }
}

/** Open the page as a shopper; what is returned loads it anew. */
async function open() {
  void startSession()
  await signIn('john1@example.com')
  let stops = [startTracking(), startReactions()]
  const close = () => {
    stops.forEach((stop) => {
      stop()
    })
  }
  onTestFinished(() => {
    close()
    signOut()
  })
  return () => {
    close()
    stops = [startTracking(), startReactions()]
  }
}

const answered = (count: number, asked: () => number) =>
  vi.waitFor(() => {
    expect(asked()).toBe(count)
  })

test('what was hidden stays hidden over a reload before the server knows', async () => {
  const { says, asked } = server()
  const reload = await open()
  await answered(1, asked)
  dismiss(7, 'too_old')
  expect(dismissed.value.has(7)).toBe(true)
  reload()
  expect(dismissed.value.has(7), 'even before the server answers').toBe(true)
  await answered(2, asked)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(dismissed.value.has(7)).toBe(true)

  says.dismissed = [7]
  reload()
  await answered(3, asked)
  await vi.waitFor(() => {
    expect(Object.keys(sessionStorage).filter((key) => key.includes('pressed'))).toEqual([])
  })
  expect(dismissed.value.has(7)).toBe(true)

  says.dismissed = []
  reload()
  await answered(4, asked)
  await vi.waitFor(() => {
    expect(dismissed.value.has(7), 'once confirmed the server has the say').toBe(false)
  })
})

test('what was brought back stays back over a reload, and so does what was saved', async () => {
  const { says, asked } = server()
  says.dismissed = [7]
  says.favourites = [8]
  const reload = await open()
  await answered(1, asked)
  await vi.waitFor(() => {
    expect(favourites.value.has(8)).toBe(true)
  })
  undismiss(7)
  toggleFavourite(8)
  toggleFavourite(9)
  reload()
  await answered(2, asked)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([...dismissed.value]).toEqual([])
  expect([...favourites.value]).toEqual([9])
})

test('an undo says when and why the car was hidden', async () => {
  const { shop } = server()
  await open()
  dismiss(7, 'too_far')
  undismiss(7)
  await vi.waitFor(() => {
    expect(shop.events).toHaveLength(2)
  })
  const [hidden, back] = shop.events as [Event, Event]
  expect(back).toMatchObject({
    type: 'undismiss',
    listing_id: 7,
    reason: 'too_far',
    dismissed_at: hidden.occurred_at,
  })
})

test('an undo of an earlier visit takes what its list says', async () => {
  const { shop } = server()
  await open()
  const at = '2026-11-01T10:00:00.000Z'
  undismiss(7, { reason: 'not_this_make', at })
  await vi.waitFor(() => {
    expect(shop.events).toContainEqual(
      expect.objectContaining({ reason: 'not_this_make', dismissed_at: at }),
    )
  })
})

test('what begins a visit belongs to it', async () => {
  const { shop, asked } = server()
  void startSession()
  const stops = [startTracking(), startReactions()]
  onTestFinished(() => {
    for (const stop of stops) stop()
    signOut()
  })
  dismiss(7, 'other')
  await answered(1, asked)
  await vi.waitFor(() => {
    expect(shop.events).toHaveLength(1)
  })
  expect(dismissed.value.has(7)).toBe(true)
})
