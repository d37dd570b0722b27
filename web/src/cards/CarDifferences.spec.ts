import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { expect, test } from 'vitest'
import type { Closest } from '@/api/schema'
import { i18n } from '@/i18n'
import { card } from '@/testing/network'
import CarDifferences from './CarDifferences.vue'

function said(other: Partial<Closest>) {
  const car: Closest = { ...card(1), differences: {}, different: [], ...other }
  const page = mount(CarDifferences, { props: { car }, global: { plugins: [createPinia(), i18n] } })
  return page.findAll('.differences > span').map((one) => one.text())
}

test('another body, fuel, gearbox, model and more power are never left out', () => {
  const different = ['model', 'body', 'fuel', 'transmission']
  const differences = { selling_price: -700, year: 1, km_driven: 21_500, power_hp: 50 }
  const texts = said({ different, differences, model: 'Golf', transmission: 'Automatic' })
  expect(texts.slice(0, 4)).toEqual(['Golf', 'Estate', 'Diesel', 'Automatic'])
  expect(texts).toHaveLength(8)
  expect(texts).toContain('50 hp more')
})

test('what weighs most comes first', () => {
  const differences = { selling_price: -100, year: 1, km_driven: -60_000, power_hp: 50 }
  expect(said({ differences })).toEqual([
    '50 hp more',
    '60,000 km fewer',
    '1 year newer',
    '€100 cheaper',
  ])
})

test('a car of another make is named with its model, once', () => {
  expect(said({ different: ['brand', 'model'], brand: 'BMW', model: '320' })).toEqual(['BMW 320'])
  expect(said({ different: ['brand'], brand: 'BMW', model: null })).toEqual(['BMW'])
})

test('a car that differs in nothing says nothing', () => {
  expect(said({})).toEqual([])
})
