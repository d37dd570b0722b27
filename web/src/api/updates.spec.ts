import { http } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'
import { card, marketplace, network, problem } from '@/testing/network'
import { listen } from './updates'

const address = '*/api/v1/users/me/updates'

function hear(token: string) {
  const listener = { heard: vi.fn(), gone: vi.fn(), noticed: vi.fn(), broken: vi.fn() }
  onTestFinished(listen(token, listener))
  return listener
}

test('tells the present version and each new one', async () => {
  const shop = marketplace([card(1)])
  const { heard } = hear('t')
  await vi.waitFor(() => {
    expect(heard.mock.calls).toEqual([[1]])
  })
  shop.say(7)
  await vi.waitFor(() => {
    expect(heard.mock.calls).toEqual([[1], [7]])
  })
})

test('tells the trace of a new version before it, and only one that is well formed', async () => {
  const shop = marketplace([card(1)])
  const said: unknown[] = []
  const listener = {
    heard: (version: number) => said.push(version),
    traced: (traceparent?: string) => said.push(traceparent),
    gone: vi.fn(),
    broken: vi.fn(),
  }
  onTestFinished(listen('t', listener))
  await vi.waitFor(() => {
    expect(said).toEqual([undefined, 1])
  })
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  shop.say(2, trace)
  shop.say(3, 'x\r\ncookie: y')
  await vi.waitFor(() => {
    expect(said).toEqual([undefined, 1, trace, 2, undefined, 3])
  })
})

test('tells which cars are gone', async () => {
  const shop = marketplace([card(1)])
  const { heard, gone } = hear('t')
  await vi.waitFor(() => {
    expect(heard).toHaveBeenCalled()
  })
  shop.lose(4, 7)
  await vi.waitFor(() => {
    expect(gone.mock.calls).toEqual([[[4, 7]]])
  })
})

test('opens a broken line again', async () => {
  marketplace([card(1)])
  network.use(http.get(address, () => problem(503), { once: true }))
  const { broken, heard } = hear('t')
  await vi.waitFor(() => {
    expect(broken).toHaveBeenCalledTimes(1)
  })
  expect(heard).not.toHaveBeenCalled()
  await vi.waitFor(
    () => {
      expect(heard).toHaveBeenCalledWith(1)
    },
    { timeout: 2_000 },
  )
})

test('opens a line again that has fallen silent', async () => {
  const shop = marketplace([card(1)])
  const { heard, broken } = hear('t')
  await vi.waitFor(() => {
    expect(heard).toHaveBeenCalledTimes(1)
  })
  vi.useFakeTimers()
  shop.say(2)
  await vi.advanceTimersByTimeAsync(0)
  expect(heard).toHaveBeenLastCalledWith(2)
  await vi.advanceTimersByTimeAsync(44_000)
  expect(broken).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(broken).toHaveBeenCalledTimes(1)
})

test('does not ask again after a refusal', async () => {
  let asked = 0
  network.use(
    http.get(address, () => {
      asked += 1
      return problem(401)
    }),
  )
  const { broken } = hear('stale')
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(asked).toBe(1)
  expect(broken).not.toHaveBeenCalled()
})
