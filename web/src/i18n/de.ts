import { gather, type Words } from './gather'

export default gather(
  import.meta.glob<Words>('../**/words/de.json', { eager: true, import: 'default' }),
)
