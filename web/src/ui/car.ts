import { isolated } from '@/i18n/isolated'

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

/** Return the car's name with its make in front, once; it bends no words around it. */
export function title({ brand, name }: { brand: string; name: string }): string {
  const plain = (text: string) => text.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '')
  const named = plain(name).toLowerCase().startsWith(plain(brand).toLowerCase())
  return isolated(named ? name : `${brand} ${name}`)
}
