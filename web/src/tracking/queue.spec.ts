import { beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '@/api/http'
import type { Event } from '@/api/schema'
import { createQueue } from './queue'

const prefix = 'events.john.'

function view(n: number): Event {
  const occurred_at = new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()
  return { type: 'view', listing_id: n, id: `id-${n}`, occurred_at }
}

/** A server that fails as told, then accepts; it remembers every request. */
function server(...failures: Error[]) {
  const requests: string[][] = []
  const send = (events: Event[]) => {
    requests.push(events.map(({ id }) => id))
    const failure = failures.shift()
    return failure ? Promise.reject(failure) : Promise.resolve()
  }
  return { send, requests }
}

function down(status: number) {
  return new Problem('Not now.', status, 'test')
}

function open(send: (events: Event[], leaving: boolean) => Promise<void>) {
  return createQueue({ prefix, send, storage: localStorage })
}

beforeEach(() => {
  vi.useFakeTimers()
})

test('sends what happened at once and forgets it when the server has it', async () => {
  const { send, requests } = server()
  const queue = open(send)
  queue.add(view(1))
  expect(localStorage).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(0)
  expect(requests).toEqual([['id-1']])
  expect(queue.size()).toBe(0)
  expect(localStorage).toHaveLength(0)
})

test('retries with the same ids until the server has them', async () => {
  const { send, requests } = server(down(0), down(503), down(429))
  const queue = open(send)
  queue.add(view(1))
  queue.add(view(2))
  await vi.advanceTimersByTimeAsync(1_000 + 2_000 - 1)
  expect(requests).toHaveLength(2)
  expect(localStorage).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1 + 4_000)
  expect(requests).toEqual(Array(4).fill(['id-1', 'id-2']))
  expect(queue.size()).toBe(0)
})

test('what a former page could not send is sent by the next, oldest first', async () => {
  const lost = open(() => new Promise(() => undefined))
  lost.add(view(2))
  lost.add(view(1))
  await vi.advanceTimersByTimeAsync(0)
  const { send, requests } = server()
  open(send)
  await vi.advanceTimersByTimeAsync(0)
  expect(requests).toEqual([['id-1', 'id-2']])
  expect(localStorage).toHaveLength(0)
})

test("never sends another shopper's events", async () => {
  localStorage.setItem('events.eve.id-9', JSON.stringify(view(9)))
  const { send, requests } = server()
  open(send)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(requests).toEqual([])
  expect(localStorage).toHaveLength(1)
})

test('batches hold at most 50', async () => {
  const { send, requests } = server()
  const queue = open(send)
  for (let n = 1; n <= 120; n++) queue.add(view(n), 1_000)
  await vi.advanceTimersByTimeAsync(999)
  expect(requests).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(requests.map((ids) => ids.length)).toEqual([50, 50, 20])
})

test('an event that cannot wait takes the waiting ones along', async () => {
  const { send, requests } = server()
  const queue = open(send)
  queue.add(view(1), 1_000)
  queue.add(view(2))
  await vi.advanceTimersByTimeAsync(0)
  expect(requests).toEqual([['id-1', 'id-2']])
})

test('drops only the event the server cannot read', async () => {
  const accepted: string[] = []
  const queue = open((events) => {
    if (events.some(({ id }) => id === 'id-3')) return Promise.reject(down(422))
    accepted.push(...events.map(({ id }) => id))
    return Promise.resolve()
  })
  for (let n = 1; n <= 5; n++) queue.add(view(n))
  await vi.advanceTimersByTimeAsync(0)
  expect(accepted.sort()).toEqual(['id-1', 'id-2', 'id-4', 'id-5'])
  expect(queue.size()).toBe(0)
  expect(localStorage).toHaveLength(0)
})

test('a device whose clock is wrong still counts', async () => {
  const accepted: Event[] = []
  const queue = open((events) => {
    if (events.some(({ occurred_at }) => occurred_at)) return Promise.reject(down(422))
    accepted.push(...events)
    return Promise.resolve()
  })
  queue.add(view(1))
  await vi.advanceTimersByTimeAsync(0)
  expect(accepted).toEqual([{ type: 'view', listing_id: 1, id: 'id-1' }])
  expect(queue.size()).toBe(0)
})

test('a refused session sends no more and loses nothing', async () => {
  const { send, requests } = server(down(401))
  const queue = open(send)
  queue.add(view(1))
  await vi.advanceTimersByTimeAsync(0)
  queue.add(view(2))
  await vi.advanceTimersByTimeAsync(120_000)
  expect(requests).toHaveLength(1)
  expect(localStorage).toHaveLength(2)
})

test('a leaving page sends what waits and keeps it until confirmed', async () => {
  const sent: [string[], boolean][] = []
  let confirm: () => void = () => undefined
  const queue = open((events, leaving) => {
    sent.push([events.map(({ id }) => id), leaving])
    return new Promise((resolve) => (confirm = resolve))
  })
  queue.add(view(1), 1_000)
  queue.leave()
  expect(sent).toEqual([[['id-1'], true]])
  expect(localStorage).toHaveLength(1)
  confirm()
  await vi.advanceTimersByTimeAsync(0)
  expect(localStorage).toHaveLength(0)
})

test('without storage events still go out', async () => {
  const storage = {
    get length(): number {
      throw new Error('refused')
    },
    setItem() {
      throw new Error('full')
    },
  } as unknown as Storage
  const { send, requests } = server()
  createQueue({ prefix, send, storage }).add(view(1))
  await vi.advanceTimersByTimeAsync(0)
  expect(requests).toEqual([['id-1']])
})
