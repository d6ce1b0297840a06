/** What is broken on purpose in the chosen lab, what was, and what can be; followed as long as the page lives. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { FaultKind, FaultReach, FaultState, FaultTarget, FaultValues } from '../../electron/contract/faults.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { valueOf } from '../lib/known.ts'
import { type Heard, useFollowed } from './followed.ts'
import { useLabsStore } from './labs.ts'
import { usePreferencesStore } from './preferences.ts'
import { type Question, useQuestion } from './question.ts'

export interface FaultOrder {
  readonly kind: string
  readonly target: FaultTarget
  readonly parameters: FaultValues
  /** Null: until it is healed. */
  readonly durationMs: number | null
}

export const useFaultsStore = defineStore('faults', () => {
  const labs = useLabsStore()
  const preferences = usePreferencesStore()
  const known = useFollowed('faults/state', () => ({}), (item): Heard<readonly FaultState[]> => ({ value: item }))
  const kinds = shallowRef<readonly FaultKind[]>([])
  const newestFirst = computed(() => (valueOf(known.value) ?? []).toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)))
  const running = computed(() => newestFirst.value.filter(({ phase }) => phase !== 'over'))
  const over = computed(() => newestFirst.value.filter(({ phase }) => phase === 'over'))
  const isInjecting = computed(() => labs.asked.has('faults/inject'))

  /** They are the same for every lab. */
  async function loadKinds(): Promise<void> {
    if (kinds.value.length === 0) kinds.value = (await labs.ask('faults/kinds', {}, 'faults/kinds')) ?? []
  }

  /** In the language of the page; its name while no more is known of it. */
  function titleOf(name: string): string {
    return kinds.value.find(kind => kind.name === name)?.texts[preferences.locale].title ?? name
  }

  async function inject(order: FaultOrder): Promise<void> {
    if (labs.lab !== null) await labs.ask('faults/inject', { lab: labs.lab.spec.name, ...order }, 'faults/inject')
  }

  /** @param id null: all that run. */
  async function heal(id: string | null): Promise<void> {
    if (labs.lab !== null) await labs.ask('faults/heal', { lab: labs.lab.spec.name, id }, healing(id))
  }

  function isHealing(id: string | null): boolean {
    return labs.asked.has(healing(id))
  }

  function healing(id: string | null): string {
    return `faults/heal ${id ?? ''}`
  }

  return { known, kinds, running, over, isInjecting, loadKinds, titleOf, inject, heal, isHealing }
})

/** What a fault would concern now. */
export function useReach(): Question<[kind: string, target: FaultTarget], FaultReach> {
  const bridge = useBridge()
  return useQuestion((lab, kind: string, target: FaultTarget) => bridge.call('faults/preview', { lab, kind, target }))
}
