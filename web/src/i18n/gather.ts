/** Words by name, nested: `{ home: { title: 'For you' } }` is `home.title`. */
export interface Words {
  [name: string]: string | Words
}

/** Return the words of all features as one. Two features may not use one name. */
export function gather(files: Record<string, Words>): Words {
  const all: Words = {}
  for (const [path, words] of Object.entries(files)) {
    for (const [name, part] of Object.entries(words)) {
      if (name in all) throw new Error(`${path} says "${name}", which another file has said.`)
      all[name] = part
    }
  }
  return all
}
