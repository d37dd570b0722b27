import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { i18n } from '@/i18n'
import ProblemNote from './ProblemNote.vue'

const note = (status: number, requestId: string | null) =>
  mount(ProblemNote, {
    props: {
      problem: { status, code: 'test', message: 'It is so.', retryAfter: null, requestId },
    },
    global: { plugins: [i18n] },
  }).text()

test('a fault of the server is named by its request, for whoever reports it', () => {
  expect(note(500, 'a1b2')).toContain('Request a1b2')
})

test('what is nobody’s fault, or never reached the server, has no number', () => {
  expect(note(422, 'a1b2')).not.toContain('a1b2')
  expect(note(503, null)).not.toContain('Request')
})
