/** A question to the scheduler: where would the pods of a manifest go? The newest question's answer counts. */
import { type ShallowRef, ref, shallowRef } from 'vue'
import type { Ref } from 'vue'
import { useBridge } from '../bridge/use-bridge.ts'
import { useLabsStore } from './labs.ts'

export interface WhatIf<T> {
  readonly reply: ShallowRef<T | null>
  readonly problem: Ref<string | null>
  readonly isAsking: Ref<boolean>
  ask(manifest: string, count: number): Promise<void>
}

export function useWhatIf<T>(): WhatIf<T> {
  const labs = useLabsStore()
  const bridge = useBridge()
  const reply = shallowRef<T | null>(null)
  const problem = ref<string | null>(null)
  const isAsking = ref(false)
  let newest = 0

  async function ask(manifest: string, count: number): Promise<void> {
    if (labs.lab === null) return
    const mine = ++newest
    isAsking.value = true
    let answer: T | null = null
    let refusal: string | null = null
    try {
      answer = (await bridge.call('scheduler/what-if', { lab: labs.lab.spec.name, manifest, count })) as T
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
