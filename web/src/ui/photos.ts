/** Which photos the page may load: the server says so in the page's head, as its policy does. */

/** Return whether a photo is from here or from an origin that the operator allows. */
export function isAllowed(photo: string): boolean {
  const said = document.querySelector<HTMLMetaElement>('meta[name="photo-origins"]')
  if (!said || !URL.canParse(photo, location.href)) return true
  const { origin, protocol, host } = new URL(photo, location.href)
  if (origin === location.origin || protocol === 'data:') return true
  return said.content.split(' ').some((one) => {
    const bare = one.replace('*.', '')
    if (!URL.canParse(bare)) return false
    const allowed = new URL(bare)
    // Whoever may be asked in the open may be asked under cover, as in the policy itself.
    if (![protocol, 'http:'].includes(allowed.protocol)) return false
    return bare === one ? host === allowed.host : host.endsWith(`.${allowed.host}`)
  })
}
