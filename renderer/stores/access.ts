/** A question to the API server: may somebody do something? The newest question's answer counts. */
import { type Ref, type ShallowRef, ref, shallowRef } from 'vue'
import type { AccessAnswer, AccessQuestion } from '../../electron/contract/access.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { useLabsStore } from './labs.ts'

export interface AskedAccess {
  readonly answer: ShallowRef<AccessAnswer | null>
  readonly problem: Ref<string | null>
  readonly isAsking: Ref<boolean>
  ask(question: AccessQuestion): Promise<void>
}

export function useAccessQuestion(): AskedAccess {
  const labs = useLabsStore()
  const bridge = useBridge()
  const answer = shallowRef<AccessAnswer | null>(null)
  const problem = ref<string | null>(null)
  const isAsking = ref(false)
  let newest = 0

  async function ask(question: AccessQuestion): Promise<void> {
    if (labs.lab === null) return
    const mine = ++newest
    isAsking.value = true
    let reply: AccessAnswer | null = null
    let refusal: string | null = null
    try {
      reply = await bridge.call('access/ask', { lab: labs.lab.spec.name, question })
    } catch (error) {
      refusal = (error as Error).message
    }
    if (mine !== newest) return
    answer.value = reply
    problem.value = refusal
    isAsking.value = false
  }

  return { answer, problem, isAsking, ask }
}
