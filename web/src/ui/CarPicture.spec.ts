import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import CarPicture from './CarPicture.vue'

function draw(body: string | null, colour: string | null) {
  return mount(CarPicture, { props: { body, colour } })
}

test('says that it is an illustration, and of what', () => {
  const label = (body: string | null, colour: string | null) =>
    draw(body, colour).attributes('aria-label')
  expect(label('Estate', 'Blue')).toBe('Illustration of a blue estate')
  expect(label('SUV', 'Orange')).toBe('Illustration of an orange SUV')
  expect(label('Estate', null)).toBe('Illustration of an estate')
  expect(label('Other', null)).toBe('Illustration of a car')
  expect(label(null, null)).toBe('Illustration of a car')
})

test('the same car is always drawn the same, another body or colour differently', () => {
  const picture = draw('Saloon', 'Dark red').html()
  expect(draw('saloon', 'dark red').html()).toBe(picture)
  expect(draw('Van', 'Dark red').html()).not.toBe(picture)
  expect(draw('Saloon', 'Blue').html()).not.toBe(picture)
})

test('no shape has a number that cannot be drawn', () => {
  const bodies = 'hatchback saloon estate suv mpv coupe convertible pickup van other'.split(' ')
  for (const body of bodies)
    expect(draw(body, 'no such colour').html()).not.toMatch(/NaN|undefined/)
})
