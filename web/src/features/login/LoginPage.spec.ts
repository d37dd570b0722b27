import { expect, test } from 'vitest'
import { card, marketplace } from '@/testing/network'
import { visit } from '@/testing/visit'
import { nextPage } from './nextPage'

test('the suggested address signs in and leads to the list', async () => {
  marketplace([card(1)])
  const { press, sees, router } = await visit('/login')
  await press('Use john1@example.com')
  await sees('For you')
  expect(router.currentRoute.value.path).toBe('/')
  await sees('Sign out')
})

test('an unknown address is told in the sentence of the server', async () => {
  marketplace([card(1)])
  const { page, sees } = await visit('/login')
  await page.get('#email').setValue('eve@example.com')
  await page.get('form').trigger('submit')
  await sees('There is no user eve@example.com.')
})

test('after signing in the page that was wanted opens', async () => {
  marketplace([card(1)])
  const { press, sees } = await visit('/login?next=/cars/1')
  await press('Use john1@example.com')
  await sees('Contact seller')
})

test('only pages of this site can be next', () => {
  expect(nextPage('/cars/1')).toBe('/cars/1')
  for (const evil of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    undefined,
    ['/a'],
  ]) {
    expect(nextPage(evil)).toBe('/')
  }
})
