import { mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { i18n } from '@/i18n'
import SlowNote from './SlowNote.vue'

beforeEach(() => {
  vi.useFakeTimers()
})

const note = () => mount(SlowNote, { global: { plugins: [i18n] } })

test('who waits for four seconds is told politely that it takes longer', async () => {
  const waiting = note()
  expect(waiting.get('[role=status]').text()).toBe('')
  await vi.advanceTimersByTimeAsync(3_900)
  expect(waiting.text()).toBe('')
  await vi.advanceTimersByTimeAsync(200)
  expect(waiting.get('[role=status]').text()).toBe('This takes longer than usual …')
})

test('who stops waiting leaves no clock behind', () => {
  const waiting = note()
  expect(vi.getTimerCount()).toBe(1)
  waiting.unmount()
  expect(vi.getTimerCount()).toBe(0)
})
