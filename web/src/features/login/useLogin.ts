import { ref } from 'vue'
import { toProblem, type Problem } from '@/api/http'
import { signIn } from '@/session/session'

export type LoginState =
  | { status: 'idle'; data: null; error: null }
  | { status: 'loading'; data: null; error: null }
  | { status: 'failed'; data: null; error: Problem }

/** Signing in by e-mail; `login` resolves to whether it worked. */
export function useLogin() {
  const state = ref<LoginState>({ status: 'idle', data: null, error: null })

  async function login(email: string): Promise<boolean> {
    state.value = { status: 'loading', data: null, error: null }
    try {
      await signIn(email.trim())
      state.value = { status: 'idle', data: null, error: null }
      return true
    } catch (error) {
      state.value = { status: 'failed', data: null, error: toProblem(error) }
      return false
    }
  }

  return { state, login }
}
