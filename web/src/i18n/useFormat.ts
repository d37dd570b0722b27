/** Numbers, prices, distances and dates as the chosen language writes them. */

import { useI18n } from 'vue-i18n'
import { isolated } from './isolated'
import { usePreferences } from './preferences'

const kmPerMile = 1.609344
const kwPerHp = 0.735_498_75
const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function useFormat() {
  const preferences = usePreferences()
  const i18n = useI18n()
  const t = (key: string) => i18n.t(key)

  const number = (value: number, options: Intl.NumberFormatOptions = {}) =>
    formatter(preferences.locale, options).format(value)

  /** Return a price in whole units, e.g. "€12,500"; an unknown currency keeps its code. */
  function price(amount: number, currency: string): string {
    try {
      return number(amount, { style: 'currency', currency, maximumFractionDigits: 0 })
    } catch {
      return `${number(amount)} ${currency}`.trim()
    }
  }

  /** Return a distance given in kilometres in the unit chosen, e.g. "84,000 km". */
  function distance(km: number): string {
    const miles = preferences.distance === 'mi'
    const unit = miles ? 'mile' : 'kilometer'
    const value = miles ? km / kmPerMile : km
    return number(value, { style: 'unit', unit, maximumFractionDigits: 0 })
  }

  /** Return both units of a power given in metric horsepower, e.g. "110 kW (150 hp)". */
  function power(hp: number): string {
    return `${number(Math.round(hp * kwPerHp))} kW (${horsepower(hp)})`
  }

  function horsepower(hp: number): string {
    return `${number(hp)} ${t('units.hp')}`
  }

  /** Return a date, e.g. "1 Nov 2026". */
  function day(iso: string): string {
    return new Intl.DateTimeFormat(preferences.locale, { dateStyle: 'medium' }).format(
      new Date(iso),
    )
  }

  /** Return how long ago it was, e.g. "3 days ago". */
  function ago(iso: string, now = Date.now()): string {
    const seconds = (new Date(iso).getTime() - now) / 1000
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
    const style = { numeric: 'auto', style: 'long' } as const
    const value = unit === 'second' ? 0 : Math.round(seconds / size)
    return new Intl.RelativeTimeFormat(preferences.locale, style).format(value, unit)
  }

  /** Return one of the API's values, e.g. "Plugin Hybrid", as people of the language say it. */
  function word(value: string): string {
    const key = `values.${value.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`
    return i18n.te(key) || i18n.te(key, 'en') ? t(key) : isolated(value)
  }

  return { number, price, distance, power, horsepower, day, ago, word }
}

const formatters = new Map<string, Intl.NumberFormat>()

/** Making a formatter costs more than using it a thousand times. */
function formatter(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options)
  const made = formatters.get(key) ?? new Intl.NumberFormat(locale, options)
  formatters.set(key, made)
  return made
}
