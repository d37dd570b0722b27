import { expect, onTestFinished, test } from 'vitest'
import { isAllowed } from './photos'

function told(content: string) {
  const meta = document.createElement('meta')
  meta.name = 'photo-origins'
  meta.content = content
  document.head.append(meta)
  onTestFinished(() => {
    meta.remove()
  })
}

test('photos from here and from the origins named are loaded, and no others', () => {
  told('https://Photos.example:443 https://*.cdn.example:8443 http://plain.example')
  for (const photo of [
    '/photos/1.jpg',
    `${location.origin}/1.jpg`,
    'https://photos.example/1.jpg',
    'https://a.b.cdn.example:8443/1.jpg',
  ]) {
    expect(isAllowed(photo), photo).toBe(true)
  }
  expect(isAllowed('https://plain.example/1.jpg'), 'the policy allows that too').toBe(true)
  for (const photo of [
    'http://photos.example/1.jpg',
    'https://photos.example:8443/1.jpg',
    'https://photos.example.evil/1.jpg',
    'https://evilphotos.example/1.jpg',
    'https://cdn.example:8443/1.jpg',
    '//elsewhere.example/1.jpg',
  ]) {
    expect(isAllowed(photo), photo).toBe(false)
  }
})

test('where none are named only those from here are, and without a word all are tried', () => {
  expect(isAllowed('https://photos.example/1.jpg')).toBe(true)
  told('')
  expect(isAllowed('https://photos.example/1.jpg')).toBe(false)
  expect(isAllowed('/1.jpg')).toBe(true)
})
