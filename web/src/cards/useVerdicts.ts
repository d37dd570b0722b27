import type { Verdict } from '@/api/schema'

/** What is thought of a price; the verdict is null where too little is known. */
export interface Judged {
  verdict: Verdict | null
}
