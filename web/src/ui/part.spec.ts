import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'
import { type Component, defineComponent, h, ref } from 'vue'
import { i18n } from '@/i18n'
import { part } from './part'
import { useToasts } from './toasts'

const Menu = defineComponent({
  props: { anchor: { type: HTMLElement, required: true } },
  emits: ['close'],
  setup: () => () => h('menu', 'Too expensive'),
})

/** A button that opens a part, whose program comes only the `times + 1`st time it is asked for. */
function opener(times: number) {
  setActivePinia(createPinia())
  const load = vi.fn(() =>
    load.mock.calls.length > times
      ? Promise.resolve({ default: Menu as Component })
      : Promise.reject(new TypeError('Failed to fetch dynamically imported module')),
  )
  const Part = part(load)
  const page = mount(
    defineComponent(() => {
      const open = ref(false)
      const button = ref<HTMLElement | null>(null)
      return () => [
        h('button', { ref: button, onClick: () => (open.value = !open.value) }, 'Not for me'),
        open.value && h(Part, { anchor: button.value, onClose: () => (open.value = false) }),
      ]
    }),
    { global: { plugins: [i18n] }, attachTo: document.body },
  )
  const press = async () => {
    await page.find('button').trigger('click')
    await flushPromises()
  }
  return { page, press, load, toasts: useToasts() }
}

test('a part comes when it is first opened, and is there from then on', async () => {
  const { page, press, load, toasts } = opener(0)
  expect(load).not.toHaveBeenCalled()
  await press()
  expect(page.text()).toContain('Too expensive')
  await press()
  expect(page.text()).not.toContain('Too expensive')
  await press()
  expect(page.text()).toContain('Too expensive')
  expect(load).toHaveBeenCalledTimes(1)
  expect(toasts.toasts).toEqual([])
})

test('a part that does not come says so each time, and may be tried again', async () => {
  const { page, press, toasts } = opener(2)
  for (const time of [1, 2]) {
    await press()
    expect(toasts.toasts, `press ${time}`).toMatchObject([
      { text: 'This part could not be loaded.' },
    ])
    expect(page.find('menu').exists()).toBe(false)
    toasts.toasts = time === 1 ? [] : toasts.toasts
  }
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  toasts.toasts[0]?.action?.run()
  await flushPromises()
  expect(page.text()).toContain('Too expensive')
})
