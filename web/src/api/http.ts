import type { ProblemBody } from './schema'

/** A request that failed; `message` is one sentence to show to a person. */
export class Problem extends Error {
  constructor(
    message: string,
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    /** Stable, e.g. `unknown_car`; `unreachable` when no answer came. */
    readonly code: string,
    /** Seconds after which the server may be asked again, where it says so. */
    readonly retryAfter: number | null = null,
    /** Under which the server's own records have it. */
    readonly requestId: string | null = null,
  ) {
    super(message)
    this.name = 'Problem'
  }

  /** Whether the same request may succeed later without being changed. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

let mine: () => string | null = () => null
let refused: (token: string) => void = () => undefined
let faulty: (fault: unknown) => void = () => undefined

/** Say whose requests these are: the token every request carries that does not bring its own. */
export function onBehalfOf(token: () => string | null): void {
  mine = token
}

/** Be told of a token the server no longer accepts. */
export function onRefusedToken(listener: (token: string) => void): void {
  refused = listener
}

/** Be told of what a person is only told as their trouble: the server's faults and the page's own. */
export function onFault(listener: (fault: unknown) => void): void {
  faulty = listener
}

/**
 * Send one request and return its answer; a request without a token carries the shopper's.
 *
 * Throws `Problem` for every failure but an abort, which stays an `AbortError`.
 */
export async function sendRequest(request: Request): Promise<Response> {
  const own = mine()
  if (own && !request.headers.has('Authorization')) {
    request.headers.set('Authorization', `Bearer ${own}`)
  }
  let response: Response
  try {
    response = await fetch(request)
  } catch (error) {
    if (isAbort(error)) throw error
    throw unreachable()
  }
  const token = request.headers.get('Authorization')?.replace(/^Bearer /, '')
  if (response.status === 401 && token) refused(token)
  if (!response.ok) {
    const problem = await problemOf(response)
    if (response.status >= 500) faulty(problem)
    throw problem
  }
  return response
}

/** Return whether the server has a page at an address of its own. */
export async function isServed(address: string): Promise<boolean> {
  const answer = await fetch(address, { method: 'HEAD', cache: 'no-store' }).catch(() => null)
  return answer?.ok ?? false
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Return any failure as a `Problem`, so that a page always has a sentence to show. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  // An answer that is no JSON comes from something in between, such as a proxy.
  if (error instanceof SyntaxError) return unreachable()
  faulty(error)
  return new Problem('Something went wrong on this page. Please try again.', 0, 'unexpected')
}

function unreachable(): Problem {
  return new Problem(
    'The server did not answer. Check your connection and try again.',
    0,
    'unreachable',
  )
}

async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {}
  if (response.headers.get('Content-Type')?.includes('application/problem+json')) {
    body = (await response.json().catch(() => ({}))) as ProblemBody
  }
  const sentence =
    body.detail ??
    body.title ??
    `The server answered with an error (${response.status}). Please try again in a moment.`
  const wait = Number(response.headers.get('Retry-After') ?? '')
  return new Problem(
    sentence,
    response.status,
    body.code ?? 'unknown',
    wait > 0 ? wait : null,
    response.headers.get('X-Request-Id'),
  )
}
