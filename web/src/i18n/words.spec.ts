import { createI18n } from 'vue-i18n'
import { expect, test } from 'vitest'
import cs from './cs'
import de from './de'
import en from './en'
import type { Words } from './gather'

/** Return all words under their full names: `home.title`. */
function flat(words: Words, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([name, value]) =>
      typeof value === 'string'
        ? [[prefix + name, value] as const]
        : [...flat(value, `${prefix}${name}.`)],
    ),
  )
}
const english = flat(en)
const others = { de: flat(de), cs: flat(cs) }

/** What a text leaves open, each once: `{count}`. */
const open = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

test.each(Object.entries(others))('%s says all that English says, and nothing else', (_, words) => {
  expect([...words.keys()].sort()).toEqual([...english.keys()].sort())
})

test.each(Object.entries(others))('%s leaves the same open as English', (_, words) => {
  for (const [name, text] of words) {
    // A form for one may say "one" where another says the number.
    const asked = open(english.get(name) ?? '').filter((one) => one !== '{count}')
    expect([name, open(text).filter((one) => one !== '{count}')]).toEqual([name, asked])
  }
})

test('every text can be written', () => {
  const i18n = createI18n<false>({
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- needed until version 12 drops the other mode
    legacy: false,
    locale: 'en',
    messages: { en, de, cs },
    missingWarn: true,
  })
  for (const [locale, words] of Object.entries({ en: english, ...others })) {
    i18n.global.locale.value = locale
    for (const name of words.keys()) expect(i18n.global.t(name, 2)).not.toBe(name)
  }
})

/** The program's own files as text, without specs. */
const sources = import.meta.glob<string>(['../**/*.vue', '../**/*.ts', '!../**/*.spec.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

test('every name the program asks for has words', () => {
  for (const [path, source] of Object.entries(sources)) {
    for (const [, name] of source.matchAll(/(?<![\w.])t\(\s*['"]([\w.]+)['"]/g)) {
      expect(english.has(name ?? ''), `${path} asks for "${name}"`).toBe(true)
    }
  }
})
