/** What a person set for this page: language, units, light or dark. Shared state of the page alone. */

import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

export const languages = ['en', 'de', 'cs'] as const
export type Language = (typeof languages)[number]
export type Distance = 'km' | 'mi'
export type Theme = 'auto' | 'light' | 'dark'

const place = 'carousel.preferences'

interface Kept {
  language: Language
  distance: Distance
  theme: Theme
}

export const usePreferences = defineStore('preferences', () => {
  const kept: Kept = { language: spoken(), distance: 'km', theme: 'auto', ...stored() }
  const language = ref(kept.language)
  const distance = ref(kept.distance)
  const theme = ref(kept.theme)
  /** For `Intl`: how the language is written where most who speak it live. */
  const locale = computed(() => ({ en: 'en-GB', de: 'de-DE', cs: 'cs-CZ' })[language.value])

  watch([language, distance, theme], ([language, distance, theme]) => {
    try {
      localStorage.setItem(place, JSON.stringify({ language, distance, theme }))
    } catch {
      // Without storage it lasts as long as the page.
    }
  })
  watch(
    theme,
    (chosen) => {
      if (chosen === 'auto') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = chosen
    },
    { immediate: true },
  )
  return { language, distance, theme, locale }
})

/** Return the first of the browser's languages that the page speaks; English otherwise. */
function spoken(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2))
  return languages.find((one) => wanted.find((tag) => known(tag)) === one) ?? 'en'
}

function known(tag: string): tag is Language {
  return (languages as readonly string[]).includes(tag)
}

function stored(): Partial<Kept> {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? '{}') as Partial<Kept>
    return kept.language && known(kept.language) ? kept : {}
  } catch {
    return {}
  }
}
