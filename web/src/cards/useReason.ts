import { useI18n } from 'vue-i18n'
import { isolated } from '@/i18n/isolated'
import { useFormat } from '@/i18n/useFormat'
import type { Why } from '@/api/schema'

/** What the car that a reason names was to the shopper. */
const acts: Readonly<Record<string, string>> = {
  like_viewed: 'viewed',
  like_saved: 'saved',
  like_contacted: 'contacted',
}

/** Say why a car is in a list, in the page's language, from the keys and values of docs/reasons.md. */
export function useReason() {
  const i18n = useI18n()
  const { t } = i18n
  const format = useFormat()

  /** Return the sentence; empty for a key that nobody here knows. `currency` is the car's. */
  function said({ key, values }: Pick<Why, 'key' | 'values'>, currency: string): string {
    const also = values['also'] ? `; ${t(`why.also.${values['also']}`)}` : ''
    return sentence(key, values, currency) + also
  }

  function sentence(key: string, values: Why['values'], currency: string): string {
    const named = [values['make'], values['model']].filter((part) => part !== undefined)
    const car = isolated(named.join(' '))
    const act = acts[key]
    if (act) {
      const that = car ? t(`why.that.${act}`, { car }) : t(`why.some.${act}`)
      if (values['like'] === 'body') {
        return t('why.like.body', {
          another: t(`why.another.${String(values['body']).toLowerCase()}`),
          that,
        })
      }
      return t(`why.like.${values['like'] ?? 'model'}`, { that })
    }
    if (key === 'also_liked' || key === 'also_liked_kind') {
      const did = String(values['did'] ?? 'viewed')
      const that = car ? t(`why.in.${did}`, { car }) : t(`why.in.some_${did}`)
      return t(`why.${key}`, { that })
    }
    if (key === 'unlike_dismissed') {
      return car ? t('why.unlike', { car }) : t('why.unlike_some')
    }
    if (key === 'near_search') {
      return t('why.near_search', { distance: format.distance(Number(values['km'])) })
    }
    if (key === 'fits_search') {
      const wish = [
        car,
        ...['body', 'fuel'].map((name) => values[name] && format.word(String(values[name]))),
        values['max_price'] !== undefined &&
          t('why.up_to', { price: format.price(Number(values['max_price']), currency) }),
      ].filter(Boolean)
      return wish.length > 0
        ? t('why.fits_search', { wish: wish.join(', ') })
        : t('why.fits_search_plain')
    }
    const known = `why.${key}`
    if (!i18n.te(known) && !i18n.te(known, 'en')) return ''
    return t(known, Number(values['count'] ?? 0))
  }

  return said
}
