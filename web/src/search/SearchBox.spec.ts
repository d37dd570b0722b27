import { VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { http, HttpResponse } from 'msw'
import { createPinia } from 'pinia'
import { defineComponent } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createQueries } from '@/api/queries'
import { i18n } from '@/i18n'
import { network, problem } from '@/testing/network'
import SearchBox from './SearchBox.vue'
import { fromQuery, toQuery } from './searchState'
import { reading } from './usePhrase'

const chip = (name: string, value: string, text: string, corrected = false) => ({
  ...{ name, value, text, start: 0, end: text.length, corrected },
})
const skoda = chip('brand', 'Skoda', 'scoda', true)

/** Show the box alone, beside some filters, and answer phrases and suggestions. */
async function box(before: Record<string, string> = {}, both = 3) {
  const asked: string[] = []
  network.use(
    http.get('*/cars/phrase', ({ request }) => {
      const text = new URL(request.url).searchParams.get('text') ?? ''
      asked.push(text)
      const known = text.includes('scoda')
      return HttpResponse.json({
        chips: known ? [skoda] : [],
        ignored: text.includes('xyz') ? ['xyz'] : [],
        sort: null,
        total: 3,
      })
    }),
    http.get('*/cars/search', () =>
      HttpResponse.json({ listings: [], total: both, limit: 1, offset: 0 }),
    ),
    http.get('*/cars/suggestions', () =>
      HttpResponse.json({
        suggestions: [
          { text: 'Skoda', kind: 'make', count: 812, chips: [skoda] },
          {
            text: 'Skoda Octavia',
            kind: 'model',
            count: 310,
            chips: [skoda, chip('model', 'Octavia', 'octavia')],
          },
        ],
      }),
    ),
  )
  const Empty = defineComponent({ template: '<p />' })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: Empty },
      { path: '/search', name: 'search', component: Empty },
    ],
  })
  await router.push('/')
  const queries = createQueries()
  const page = mount(SearchBox, {
    props: { state: fromQuery(before) },
    global: { plugins: [createPinia(), i18n, [VueQueryPlugin, { queryClient: queries }], router] },
    attachTo: document.body,
  })
  onTestFinished(() => {
    page.unmount()
    queries.clear()
  })
  const input = page.get<HTMLInputElement>('input')
  const goes = (query: object) =>
    vi.waitFor(() => {
      expect(router.currentRoute.value.name).toBe('search')
      expect(router.currentRoute.value.query).toEqual(query)
    })
  return { page, input, router, asked, goes }
}

test('Enter goes to the cars that the text asks for and tells how it was read', async () => {
  const { page, input, goes } = await box()
  await input.setValue('scoda xyz')
  await page.get('form').trigger('submit')
  await goes({ brand: ['Skoda'] })
  expect(reading.value).toMatchObject({
    corrected: [{ typed: 'scoda', name: 'brand', value: 'Skoda' }],
    ignored: ['xyz'],
  })
  expect(input.element.value).toBe('')
})

test('a text is added to the filters in use, and the search for it alone stays in reach', async () => {
  const { page, input, goes } = await box({ fuel: 'Diesel', brand: 'BMW' })
  expect(input.attributes('placeholder')).toContain('Add')
  await input.setValue('scoda')
  await page.get('form').trigger('submit')
  await goes({ brand: ['Skoda'], fuel: ['Diesel'] })
  const before = reading.value?.before
  expect(before && toQuery(before.kept)).toEqual({ fuel: ['Diesel'] })
  expect(before?.alone && toQuery(before.alone)).toEqual({ brand: ['Skoda'] })
})

test('where no car has both, a text begins a new search', async () => {
  const { page, input, goes } = await box({ fuel: 'Hydrogen' }, 0)
  await input.setValue('scoda')
  await page.get('form').trigger('submit')
  await goes({ brand: ['Skoda'] })
  expect(reading.value?.before).toMatchObject({ text: 'scoda', alone: null })
  expect(reading.value?.before?.kept.filters).toEqual({ fuel: ['Hydrogen'] })
})

test('what was not understood is told until another search is shown', async () => {
  const { page, input } = await box()
  await input.setValue('xyz')
  await page.get('form').trigger('submit')
  await vi.waitFor(() => {
    expect(page.text()).toContain('We did not understand “xyz”.')
  })
  await page.setProps({ state: fromQuery({ body: 'SUV' }) })
  expect(page.text()).not.toContain('We did not understand')
})

test('a text of which nothing is understood leads nowhere and says so', async () => {
  const { page, input, router } = await box()
  await input.setValue('<b>xyz</b>')
  await page.get('form').trigger('submit')
  await vi.waitFor(() => {
    expect(page.text()).toContain('We did not understand “<b>xyz</b>”.')
  })
  expect(page.find('b').exists()).toBe(false)
  expect(router.currentRoute.value.path).toBe('/')
  expect(input.element.value).toBe('<b>xyz</b>')
})

test('an empty text shows all cars', async () => {
  const { page, asked, goes } = await box()
  await page.get('form').trigger('submit')
  await goes({})
  expect(asked).toEqual([])
})

test('suggestions are reached by arrow keys and taken by Enter', async () => {
  const { page, input, asked, goes } = await box()
  await input.setValue('sco')
  await vi.waitFor(() => {
    expect(page.findAll('[role=option]')).toHaveLength(2)
  })
  expect(input.attributes('aria-expanded')).toBe('true')
  await input.trigger('keydown', { key: 'ArrowDown' })
  await input.trigger('keydown', { key: 'ArrowDown' })
  const active = page.get('[aria-selected=true]')
  expect(active.text()).toContain('Octavia')
  expect(input.attributes('aria-activedescendant')).toBe(active.attributes('id'))
  await page.get('form').trigger('submit')
  await goes({ brand: ['Skoda'], model: ['Octavia'] })
  expect(asked).toEqual([])
})

test('Escape closes the suggestions first, then empties the field', async () => {
  const { page, input } = await box()
  await input.setValue('sco')
  await vi.waitFor(() => {
    expect(page.findAll('[role=option]')).toHaveLength(2)
  })
  await input.trigger('keydown', { key: 'Escape' })
  expect(input.attributes('aria-expanded')).toBe('false')
  expect(input.element.value).toBe('sco')
  await input.trigger('keydown', { key: 'Escape' })
  expect(input.element.value).toBe('')
})

test('a slash leads to the box, but not from another field', async () => {
  const { input } = await box()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))
  expect(document.activeElement).toBe(input.element)
  const other = document.createElement('input')
  document.body.append(other)
  other.focus()
  other.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))
  expect(document.activeElement).toBe(other)
})

test('a server that does not answer is told of, and the text stays', async () => {
  const { page, input } = await box()
  network.use(http.get('*/cars/phrase', () => problem(503)))
  await input.setValue('scoda')
  await page.get('form').trigger('submit')
  await vi.waitFor(() => {
    expect(page.text()).toContain('Something went wrong on our side.')
  })
  expect(input.element.value).toBe('scoda')
})
