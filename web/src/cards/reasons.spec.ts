import { readFileSync } from 'node:fs'
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { beforeEach, describe, expect, test } from 'vitest'
import { defineComponent } from 'vue'
import type { Why } from '@/api/schema'
import { i18n, speak } from '@/i18n'
import { languages, usePreferences } from '@/i18n/preferences'
import { useReason } from './useReason'

/** What the server can say, as its source has it. */
const source = readFileSync('../src/carousel/serving/reasons.py', 'utf8')
const listed = (name: string) => {
  const block = new RegExp(`^${name}:.*?^}`, 'ms').exec(source)?.[0] ?? ''
  return [...block.matchAll(/^ {4}"(\w+)":/gm)].map(([, key]) => key ?? '')
}
const keys = listed('SENTENCES')
const bodies = ['Hatchback', 'Saloon', 'Estate', 'SUV', 'MPV', 'Coupe', 'Convertible']
bodies.push('Pickup', 'Van', 'Other')
const name = { make: 'Skoda', model: 'Octavia' }

let say: (key: string, values?: Why['values']) => string

beforeEach(() => {
  const pinia = createPinia()
  const speaker = defineComponent({
    setup() {
      const said = useReason()
      say = (key, values = {}) => said({ key, values }, 'EUR')
      return () => null
    },
  })
  mount(speaker, { global: { plugins: [pinia, i18n] } })
  usePreferences(pinia).language = 'en'
  return () => speak('en')
})

/** A sentence with words: no key, no hole, nothing left to fill in. */
function isSentence(text: string) {
  expect(text).not.toBe('')
  expect(text).not.toMatch(/why\.|undefined|NaN|[{}|]/)
}

test('the sentences of the server are found', () => {
  expect(keys).toContain('like_viewed')
  expect(keys.length).toBeGreaterThan(12)
  expect(listed('LIKE')).toEqual(['model', 'make', 'body', 'price'])
})

describe.each(languages)('in %s', (language) => {
  beforeEach(() => speak(language))

  test.each(keys)('%s has words, with and without its values', (key) => {
    isSentence(say(key, { count: 3, km: 23 }))
    isSentence(say(key, { count: 1, km: 0, ...name }))
    isSentence(say(key, { count: 5, km: 400, make: 'Skoda' }))
  })

  test.each(listed('ALSO'))('what other steps say is added: %s', (also) => {
    const more = say('taste', { also })
    isSentence(more)
    expect(more.startsWith(`${say('taste')}; `)).toBe(true)
  })

  test.each(['also_liked', 'also_liked_kind'])('%s says what was done with the car', (key) => {
    const told = listed('DID').flatMap((did) => [say(key, { did, ...name }), say(key, { did })])
    told.forEach(isSentence)
    expect(new Set(told).size).toBe(6)
    expect(told.filter((one) => one.includes('Skoda Octavia'))).toHaveLength(3)
  })

  test.each(['like_viewed', 'like_saved', 'like_contacted'])('%s says what is alike', (key) => {
    const told = listed('LIKE').map((like) => say(key, { like, body: 'Estate', ...name }))
    told.forEach(isSentence)
    expect(new Set(told).size).toBe(4)
    for (const sentence of told) expect(sentence).toContain('Skoda Octavia')
    for (const body of bodies) isSentence(say(key, { like: 'body', body }))
  })
})

test('sentences read as the server would say them in English', () => {
  expect(say('like_saved', { like: 'model', ...name })).toBe('Like the Skoda Octavia you saved')
  expect(say('like_saved')).toBe('Like the car you saved')
  expect(say('like_viewed', { like: 'body', body: 'SUV', make: 'Kia' })).toBe(
    'Another SUV, like the Kia you looked at',
  )
  expect(say('fits_search', { body: 'Estate', max_price: 15_000 })).toBe(
    'Fits your search: Estate, up to €15,000',
  )
  expect(say('also_liked', { did: 'saved', ...name })).toBe(
    'Shoppers interested in the Skoda Octavia you saved were also interested in this',
  )
  expect(say('near_search', { km: 23 })).toBe('23 km from where you searched')
  expect(say('unlike_cars', { count: 3 })).toBe('Unlike 3 cars you turned down')
})

test('numbers decide the form of a word in Czech', async () => {
  await speak('cs')
  expect(say('like_cars', { count: 3 })).toBe('Jako 3 auta, která vás zaujala')
  expect(say('like_cars', { count: 5 })).toBe('Jako 5 aut, která vás zaujala')
})

test('a reason nobody here knows is not shown', () => {
  expect(say('of_tomorrow')).toBe('')
})
