import { expect, test, vi } from 'vitest'
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

test('an unknown address is told in one sentence', async () => {
  marketplace([card(1)])
  const { page, sees } = await visit('/login')
  await page.get('#email').setValue('eve@example.com')
  await page.get('form').trigger('submit')
  await sees('No account has this e-mail address.')
})

test('after signing in the page that was wanted opens', async () => {
  marketplace([card(1)])
  const { press, sees } = await visit('/login?next=/cars/1')
  await press('Use john1@example.com')
  await sees('Contact seller')
})

test('what a visitor did is merged only after asking', async () => {
  const shop = marketplace([card(1)])
  const { sees, press, page, router } = await visit('/cars/1')
  await sees('Contact seller')
  await vi.waitFor(() => {
    expect(shop.events).toHaveLength(1)
  })
  await router.push('/login')
  await press('Use john1@example.com')
  await sees('You looked at cars before you signed in')
  await sees('the searches you saved')
  expect(shop.merged).toEqual([])
  await press('Bring it along')
  await sees('counts for your account now')
  expect(shop.merged).toEqual(['v'])
  expect(document.activeElement?.id, 'the keyboard goes on').toBe('page')
  expect(page.text()).not.toContain('You looked at cars before')
})

test('a visit can be left behind', async () => {
  const shop = marketplace([card(1)])
  const { sees, press, page, router } = await visit('/cars/1')
  await sees('Contact seller')
  await vi.waitFor(() => {
    expect(shop.events).toHaveLength(1)
  })
  await router.push('/login')
  await press('Use john1@example.com')
  await sees('Leave it behind')
  await press('Leave it behind')
  await vi.waitFor(() => {
    expect(page.text()).not.toContain('You looked at cars before')
    expect(document.activeElement?.id, 'the keyboard goes on').toBe('page')
  })
  expect(shop.merged).toEqual([])
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
