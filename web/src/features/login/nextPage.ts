/** Return the page to go to after signing in: a path of this site, else the start. */
export function nextPage(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) ? wanted : '/'
}
