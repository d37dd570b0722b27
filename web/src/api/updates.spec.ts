import { http } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { listen } from './updates'

const address = '*/api/v1/users/me/updates'

function hear(token: string) {
  const listener = { updated: vi.fn(), opened: vi.fn(), closed: vi.fn() }
  onTestFinished(listen(token, listener))
  return listener
}

test('tells each new version', async () => {
  const shop = marketplace([card(1)])
  const { updated, opened } = hear('t')
  await vi.waitFor(() => {
    expect(opened).toHaveBeenCalled()
  })
  shop.say(7)
  await vi.waitFor(() => {
    expect(updated).toHaveBeenCalledExactlyOnceWith(7)
  })
})

test('opens a broken line again', async () => {
  const shop = marketplace([card(1)])
  network.use(http.get(address, () => problem(503), { once: true }))
  const { closed, opened, updated } = hear('t')
  await vi.waitFor(() => {
    expect(closed).toHaveBeenCalledTimes(1)
  })
  expect(opened).not.toHaveBeenCalled()
  await vi.waitFor(
    () => {
      expect(opened).toHaveBeenCalledTimes(1)
    },
    { timeout: 2_000 },
  )
  shop.say(2)
  await vi.waitFor(() => {
    expect(updated).toHaveBeenCalledWith(2)
  })
})

test('does not ask again after a refusal', async () => {
  let asked = 0
  network.use(
    http.get(address, () => {
      asked += 1
      return problem(401)
    }),
  )
  const { closed } = hear('stale')
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(asked).toBe(1)
  expect(closed).not.toHaveBeenCalled()
})
