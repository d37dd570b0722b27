import type { ProblemBody } from './schema'

/** A request that failed; `message` is one sentence to show to a person. */
export class Problem extends Error {
  constructor(
    message: string,
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    /** Stable, e.g. `unknown_car`; `unreachable` when no answer came. */
    readonly code: string,
  ) {
    super(message)
    this.name = 'Problem'
  }

  /** Whether the same request may succeed later without being changed. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

type Scalar = string | number | boolean
export type Query = Record<string, Scalar | readonly Scalar[] | undefined>

export interface Call {
  method?: 'GET' | 'POST'
  query?: Query | undefined
  body?: unknown
  /** Bearer token; without it the request is a stranger's. */
  token?: string | null | undefined
  signal?: AbortSignal | undefined
  accept?: string
  /** Let the request outlive the page. */
  keepalive?: boolean
}

/** Return `path` with its query; arrays repeat their name, undefined is left out. */
export function address(path: string, query: Query = {}): string {
  const url = new URL(path, window.location.origin)
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of [value].flat()) url.searchParams.append(name, String(one))
  }
  return url.href
}

/**
 * Send one request and return its answer.
 *
 * Throws `Problem` for every failure but an abort, which stays an `AbortError`.
 */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: call.accept ?? 'application/json' }
  if (call.token) headers['Authorization'] = `Bearer ${call.token}`
  if (call.body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(address(path, call.query), {
      method: call.method ?? 'GET',
      headers,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ?? null,
      keepalive: call.keepalive ?? false,
    })
  } catch (error) {
    if (isAbort(error)) throw error
    throw unreachable()
  }
  if (response.status === 401 && call.token) refused(call.token)
  if (!response.ok) throw await problemOf(response)
  return response
}

let refused: (token: string) => void = () => undefined

/** Be told of a token the server no longer accepts. */
export function onRefusedToken(listener: (token: string) => void): void {
  refused = listener
}

/** Send one request and return its JSON. The shape is the server's promise, not checked here. */
export async function sendForJson<T>(path: string, call: Call = {}): Promise<T> {
  const response = await send(path, call)
  try {
    return (await response.json()) as T
  } catch (error) {
    if (isAbort(error)) throw error
    throw unreachable()
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Return any failure as a `Problem`, so that a page always has a sentence to show. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
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
  return new Problem(sentence, response.status, body.code ?? 'unknown')
}
