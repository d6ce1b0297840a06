/** A question to the chosen lab that is answered once. The newest question's answer counts. */
import { type Ref, type ShallowRef, ref, shallowRef } from 'vue'
import { useLabsStore } from './labs.ts'

export interface Question<Given extends unknown[], Reply> {
  readonly reply: ShallowRef<Reply | null>
  readonly problem: Ref<string | null>
  readonly isAsking: Ref<boolean>
  ask(...given: Given): Promise<void>
}

export function useQuestion<Given extends unknown[], Reply>(call: (lab: string, ...given: Given) => Promise<Reply>): Question<Given, Reply> {
  const labs = useLabsStore()
  const reply = shallowRef<Reply | null>(null)
  const problem = ref<string | null>(null)
  const isAsking = ref(false)
  let newest = 0

  async function ask(...given: Given): Promise<void> {
    if (labs.lab === null) return
    const mine = ++newest
    isAsking.value = true
    let answer: Reply | null = null
    let refusal: string | null = null
    try {
      answer = await call(labs.lab.spec.name, ...given)
    } catch (error) {
      refusal = (error as Error).message
    }
    if (mine !== newest) return
    reply.value = answer
    problem.value = refusal
    isAsking.value = false
  }

  return { reply, problem, isAsking, ask }
}
