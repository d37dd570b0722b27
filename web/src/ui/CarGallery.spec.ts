import { mount } from '@vue/test-utils'
import { run } from 'axe-core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { i18n } from '@/i18n'
import CarGallery from './CarGallery.vue'

const car = { name: 'Skoda Octavia', body: 'Estate', colour: 'Blue', id: 7 }

function open(photos: string[] = []) {
  const gallery = mount(CarGallery, {
    props: { ...car, photos },
    global: { plugins: [i18n] },
    attachTo: document.body,
  })
  const counter = () => gallery.get('.counter [aria-hidden]').text()
  const button = (name: string) => gallery.get(`button[aria-label="${name}"]`)
  return { gallery, counter, button }
}

test('a car without photos is shown from five sides of one drawing', () => {
  const { gallery, counter } = open()
  const sides = gallery.findAll('.track [role=img]').map((one) => one.attributes('aria-label'))
  expect(sides).toHaveLength(5)
  expect(new Set(sides).size).toBe(5)
  expect(gallery.findAll('.track .mark')).toHaveLength(5)
  expect(counter()).toBe('1 / 5')
})

test('photos are shown instead where there are any, one alone without buttons', () => {
  const { gallery, counter } = open(['/1.jpg', '/2.jpg'])
  expect(gallery.findAll('.track img').map((one) => one.attributes('src'))).toEqual([
    '/1.jpg',
    '/2.jpg',
  ])
  expect(counter()).toBe('1 / 2')
  expect(open(['/1.jpg']).gallery.find('button').exists()).toBe(false)
})

test('buttons, thumbnails and arrow keys turn it, round and round', async () => {
  const { gallery, counter, button } = open()
  await button('Next picture').trigger('click')
  expect(counter()).toBe('2 / 5')
  await button('Show picture 4').trigger('click')
  expect(counter()).toBe('4 / 5')
  expect(button('Show picture 4').attributes('aria-current')).toBe('true')
  const track = gallery.get('.track')
  await track.trigger('keydown', { key: 'ArrowRight' })
  await track.trigger('keydown', { key: 'ArrowRight' })
  expect(counter()).toBe('1 / 5')
  await track.trigger('keydown', { key: 'ArrowLeft' })
  expect(counter()).toBe('5 / 5')
  await track.trigger('keydown', { key: 'Home' })
  await track.trigger('keydown', { key: 'ArrowRight', altKey: true })
  expect(counter()).toBe('1 / 5')
  await button('Next picture').trigger('keydown', { key: 'ArrowRight' })
  expect(counter(), 'also while a button has the keyboard').toBe('2 / 5')
})

test('a swipe turns it when the strip has come to rest', async () => {
  vi.useFakeTimers()
  const { gallery, counter } = open()
  const track = gallery.get('.track')
  Object.defineProperty(track.element, 'clientWidth', { value: 400 })
  track.element.scrollLeft = 810
  await track.trigger('scroll')
  expect(counter()).toBe('1 / 5')
  await vi.advanceTimersByTimeAsync(200)
  expect(counter()).toBe('3 / 5')
})

test('another car begins with its first picture', async () => {
  const { gallery, counter, button } = open()
  await button('Next picture').trigger('click')
  await gallery.setProps({ id: 8 })
  expect(counter()).toBe('1 / 5')
})

test('nothing in it is in the way of assistive technology', async () => {
  const { gallery } = open()
  const found = await run(gallery.element, { rules: { 'color-contrast': { enabled: false } } })
  expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
})

test('photos that may not be loaded are not asked for', () => {
  const meta = document.createElement('meta')
  meta.name = 'photo-origins'
  document.head.append(meta)
  onTestFinished(() => {
    meta.remove()
  })
  const { gallery } = open(['https://elsewhere.example/1.jpg', 'https://elsewhere.example/2.jpg'])
  expect(gallery.find('img').exists()).toBe(false)
  expect(gallery.findAll('.track [role=img]')).toHaveLength(5)
})
