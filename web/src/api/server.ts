/** The server as the generated types describe it: one typed call per operation. */

import createClient from 'openapi-fetch'
import type { paths } from './generated'
import { sendRequest } from './http'

/** Ask the server; every failure is thrown as a `Problem`, so `data` is there. */
export const server = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: sendRequest,
})

/** Return the answer of a call. */
export async function answered<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  return (await call).data as Data
}
