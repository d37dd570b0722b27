import { gather, type Words } from './gather'

export default gather(
  import.meta.glob<Words>('../**/words/en.json', { eager: true, import: 'default' }),
)
