import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { i18n } from '@/i18n'
import german from '@/i18n/de'
import CarPicture from './CarPicture.vue'
import { bodies } from './drawing/bodies'
import { paints } from './drawing/paints'
import { crops } from './drawing/scene'

type Props = InstanceType<typeof CarPicture>['$props']

function draw(body: string | null, colour: string | null, more: Partial<Props> = {}) {
  return mount(CarPicture, { props: { body, colour, ...more }, global: { plugins: [i18n] } })
}

function label(body: string | null, colour: string | null, more: Partial<Props> = {}) {
  return draw(body, colour, more).get('[role=img]').attributes('aria-label')
}

test('says that it is an illustration, and of what', () => {
  expect(label('Estate', 'Blue')).toBe('Illustration of a blue estate')
  expect(label('SUV', 'Orange')).toBe('Illustration of an orange SUV')
  expect(label('SUV', null)).toBe('Illustration of an SUV')
  expect(label('Estate', null)).toBe('Illustration of an estate')
  expect(label('Other', 'Chameleon')).toBe('Illustration of a Chameleon car')
  expect(label(null, null)).toBe('Illustration of a car')
  expect(label('Coupe', 'Red', { crop: 'rear' })).toBe('Illustration of a red coupé, rear')
})

test('says so in the language of the page', () => {
  i18n.global.setLocaleMessage('de', german)
  i18n.global.locale.value = 'de'
  expect(label('Estate', 'Blue')).toBe('Zeichnung: Kombi, Blau')
  i18n.global.locale.value = 'en'
})

test('the same car is always drawn the same; body, colour and id make it another', () => {
  const picture = draw('Saloon', 'Dark red', { id: 7 }).html()
  expect(draw('saloon', 'dark red', { id: 7 }).html()).toBe(picture)
  expect(draw('Van', 'Dark red', { id: 7 }).html()).not.toBe(picture)
  expect(draw('Saloon', 'Blue', { id: 7 }).html()).not.toBe(picture)
  const backdrops = Array.from({ length: 40 }, (_, id) =>
    draw('Saloon', 'Blue', { id }).get('svg').attributes('style'),
  )
  expect(new Set(backdrops).size).toBeGreaterThan(5)
})

test('every drawing is of at most 40 shapes, without a number that cannot be drawn', () => {
  for (const body of Object.keys(bodies))
    for (const crop of crops) {
      const picture = draw(body, 'no such colour', { crop })
      expect(picture.html()).not.toMatch(/NaN|undefined|Infinity/)
      expect(picture.findAll('svg *').length).toBeLessThanOrEqual(40)
    }
})

test('many drawings share one palette, and all that they use is in it', () => {
  const kinds = Object.keys(bodies)
  const pictures = Object.keys(paints).map((colour, id) =>
    draw(kinds[id % kinds.length] ?? null, colour, { id, crop: 'dusk' }).html(),
  )
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(document.querySelectorAll('#car-palette')).toHaveLength(1)
  expect(pictures.join()).not.toContain(' id="')
  const used = pictures.join().matchAll(/(?:url\(|href=")#([\w-]+)/g)
  for (const id of new Set([...used].map((match) => match[1]))) expect(ids).toContain(id)
})

test('a photo wins, until it cannot be loaded; another one is tried again', async () => {
  const picture = draw('Estate', 'Blue', { photo: 'https://photos.example/1.jpg', label: true })
  const photo = picture.get('img')
  expect(photo.attributes()).toMatchObject({
    src: 'https://photos.example/1.jpg',
    alt: 'Photo: blue estate',
    loading: 'lazy',
    decoding: 'async',
    width: '1000',
    height: '560',
  })
  expect(picture.text()).toBe('')
  await photo.trigger('error')
  expect(picture.find('img').exists()).toBe(false)
  expect(picture.get('svg').attributes('aria-label')).toBe('Illustration of a blue estate')
  expect(picture.text()).toBe('Illustration')
  await picture.setProps({ photo: '/photos/2.jpg' })
  expect(picture.get('img').attributes('src')).toBe('/photos/2.jpg')
})
