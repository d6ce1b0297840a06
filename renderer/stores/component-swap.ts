/** Another program in a component's place: looked at first, then swapped in, and our own again. */
import { type Ref, ref } from 'vue'
import type { SwapCheck } from '../../electron/contract/components.ts'
import type { ComponentProgram } from '../../electron/contract/labs.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Question, useQuestion } from './question.ts'

export interface ComponentSwap {
  readonly checks: Question<[component: string, binary: string], readonly SwapCheck[]>
  /** Null before anything was swapped: what the last swap came to. */
  readonly outcome: Question<[component: string, program: ComponentProgram | null], 'done'>
  /** When the swap that is under way, or was last, began; ms since 1970. */
  readonly beganAt: Ref<number>
  swap(component: string, program: ComponentProgram | null): Promise<void>
}

export function useComponentSwap(): ComponentSwap {
  const bridge = useBridge()
  const beganAt = ref(0)
  const checks = useQuestion(async (lab, component: string, binary: string) => (await bridge.call('components/swap-check', { lab, component, binary })).checks)
  const outcome = useQuestion(async (lab, component: string, program: ComponentProgram | null) => {
    await bridge.call('components/swap', { lab, component, program })
    return 'done' as const
  })

  async function swap(component: string, program: ComponentProgram | null): Promise<void> {
    beganAt.value = Date.now()
    await outcome.ask(component, program)
  }

  return { checks, outcome, beganAt, swap }
}
