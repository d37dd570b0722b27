/** Reports of errors, as Sentry's SDK makes them; comes with the first one, as a chunk of its own. */

import {
  BrowserClient,
  type ErrorEvent,
  Scope,
  defaultStackParser,
  makeFetchTransport,
} from '@sentry/browser'

/** What a report says beside its error: the route's template, the request that failed. */
export interface Place {
  route: string | undefined
  request: string | null
}

/** Return what sends a report to our own server, which scrubs it and knows where it goes. */
export function openReports(release: string): (error: Error, place: Place) => void {
  const client = new BrowserClient({
    // The SDK sends nothing without one; the server does not read it.
    dsn: 'https://page@carousel.invalid/1',
    tunnel: '/api/v1/errors',
    // Else pages of others might send here what any page may send anywhere.
    transportOptions: { headers: { 'Content-Type': 'application/x-sentry-envelope' } },
    transport: (options) => makeFetchTransport(options, fetch),
    stackParser: defaultStackParser,
    integrations: [],
    release,
    sendClientReports: false,
    beforeSend: plain,
  })
  client.init()
  return (error, { route, request }) => {
    const scope = new Scope()
    if (request) scope.setTag('request_id', request)
    if (route) scope.setTransactionName(route)
    client.captureException(error, {}, scope)
  }
}

/** Return of an event what is told. */
function plain(event: ErrorEvent): ErrorEvent {
  const { event_id, timestamp, platform, release, exception, transaction, tags } = event
  return {
    type: undefined,
    ...{ event_id, timestamp, platform, release, exception, transaction, tags },
  } as ErrorEvent
}
