/** A car as the ui parts need it. */
export interface CarFacts {
  id: number
  brand: string
  name: string
  year: number
  selling_price: number
  currency: string
  km_driven: number | null
  fuel: string | null
  transmission: string | null
  body: string | null
  power_hp: number | null
  colour: string | null
  region: string | null
  /** ISO 8601. */
  listed_at?: string
  photos?: readonly string[]
  status: string
}

/** Return the car's name with its make in front, once. */
export function title({ brand, name }: { brand: string; name: string }): string {
  const plain = (text: string) => text.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '')
  const named = plain(name).toLowerCase().startsWith(plain(brand).toLowerCase())
  return named ? name : `${brand} ${name}`
}

/** Return what the seller stated, most telling first, as short texts. */
export function facts(car: CarFacts): string[] {
  return [
    String(car.year),
    car.km_driven === null ? null : kilometres(car.km_driven),
    car.fuel && words(car.fuel),
    car.transmission && words(car.transmission),
    car.power_hp === null ? null : `${count(car.power_hp)} hp`,
  ].filter((fact) => fact !== null)
}

const spelled: Readonly<Record<string, string>> = {
  cng: 'CNG',
  coupe: 'Coupé',
  individual: 'Private',
  lpg: 'LPG',
  mpv: 'MPV',
  plugin_hybrid: 'Plug-in hybrid',
  suv: 'SUV',
}

/** Return one of the API's values the way people read it: `plugin_hybrid` is "Plug-in hybrid". */
export function words(value: string): string {
  const text = value.toLowerCase().replaceAll('_', ' ')
  return spelled[text.replaceAll(' ', '_')] ?? text.charAt(0).toUpperCase() + text.slice(1)
}

const locale = 'en-GB'
const numbers = new Intl.NumberFormat(locale)

/** Return a price in whole units, e.g. "€12,500"; an unknown currency keeps its code. */
export function price(amount: number, currency: string): string {
  try {
    const options = { style: 'currency', currency, maximumFractionDigits: 0 } as const
    return new Intl.NumberFormat(locale, options).format(amount)
  } catch {
    return `${count(amount)} ${currency}`.trim()
  }
}

/** Return a whole number with separators, e.g. "1,234". */
export function count(value: number): string {
  return numbers.format(value)
}

/** Return "1 car" or "1,234 cars". */
export function cars(total: number): string {
  return total === 1 ? '1 car' : `${count(total)} cars`
}

export function kilometres(value: number): string {
  return `${count(value)} km`
}

/** Return power in both units; 1 metric horsepower is 0.7355 kW. */
export function power(horsepower: number): string {
  return `${count(horsepower)} hp (${count(Math.round(horsepower * 0.7355))} kW)`
}

/** Return a day, e.g. "3 Nov 2026". */
export function day(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return ''
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(date)
}
