/**
 * The page's languages. Each feature keeps its words in `words/<language>.json`, under its own name.
 *
 * A language is one chunk of its own, so that nobody loads three.
 */

import { createI18n } from 'vue-i18n'
import english from './en'
import type { Words } from './gather'
import type { Language } from './preferences'

export const i18n = createI18n<false>({
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- needed until version 12 drops the other mode
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en: english },
  pluralRules: { cs: czechPlural },
})

const others: Record<Exclude<Language, 'en'>, () => Promise<{ default: Words }>> = {
  de: () => import('./de'),
  cs: () => import('./cs'),
}

/** Speak a language from now on; its words are loaded first. */
export async function speak(language: Language): Promise<void> {
  if (language !== 'en') {
    i18n.global.setLocaleMessage(language, (await others[language]()).default)
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

/** Czech has three forms: 1 | 2 to 4 | 5 and more; written "jedno | dvě | pět", or with 0 first. */
function czechPlural(choice: number, forms: number): number {
  const form = choice === 1 ? 0 : choice >= 2 && choice <= 4 ? 1 : 2
  if (forms < 3) return choice === 1 ? 0 : 1
  return forms === 3 ? form : choice === 0 ? 0 : form + 1
}
