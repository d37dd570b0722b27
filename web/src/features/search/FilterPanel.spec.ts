import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { expect, test } from 'vitest'
import { i18n } from '@/i18n'
import FilterPanel from './FilterPanel.vue'

const models = Array.from({ length: 400 }, (_, i) => ({ name: `Model ${String(i)}`, count: 1 }))
const none = { edges: [], counts: [] }
const facets = {
  brands: [{ name: 'Skoda', count: 400 }],
  models,
  fuels: [],
  bodies: [],
  transmissions: [],
  colours: [],
  seller_types: [],
  regions: [],
  ranges: { selling_price: none, year: none, km_driven: none, power_hp: none },
  total: 400,
}

/** Return the models offered while such filters are set. */
function offered(filters: { brand?: string[]; model?: string[] }) {
  const panel = mount(FilterPanel, {
    props: { state: { filters, sort: 'newest', place: '' }, facets, places: [], currency: 'EUR' },
    global: { plugins: [createPinia(), i18n] },
  })
  return panel.findAll<HTMLInputElement>('input[name=model]').map(({ element }) => element.value)
}

test('without a make no models are offered, and of one chosen by name only that one', () => {
  expect(offered({})).toEqual([])
  expect(offered({ model: ['Model 7'] })).toEqual(['Model 7'])
})

test('with a make its most frequent models are offered, and what is chosen', () => {
  expect(offered({ brand: ['Skoda'], model: ['Model 7'] })).toHaveLength(7)
})

test('where the other filters leave no value, that is said, and not that a name was sought', () => {
  const empty = { ...facets, fuels: [], brands: [], total: 0 }
  const panel = mount(FilterPanel, {
    props: {
      ...{ state: { filters: { min_price: 9, max_price: 1 }, sort: null, place: '' } },
      ...{ facets: empty, places: [], currency: 'EUR' },
    },
    global: { plugins: [createPinia(), i18n] },
  })
  expect(panel.text()).toContain('No car with the other filters.')
  expect(panel.text()).not.toContain('Nothing here has that name.')
})
