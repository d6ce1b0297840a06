/** Every kind that the chosen lab's API server has now; followed as long as the page lives. */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { ResourceKind } from '../../electron/contract/resources.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { kindId } from '../lib/kind-id.ts'
import { useLabsStore } from './labs.ts'

export const useKindsStore = defineStore('kinds', () => {
  const labs = useLabsStore()
  const bridge = useBridge()
  const kinds = shallowRef<readonly ResourceKind[]>([])
  const byId = computed(() => new Map(kinds.value.map(kind => [kindId(kind), kind])))
  let stop: (() => void) | undefined

  watch(() => labs.lab?.spec.name, lab => {
    stop?.()
    stop = undefined
    kinds.value = []
    if (lab !== undefined) stop = bridge.follow('resources/kinds', { lab }, { item: items => { kinds.value = items } })
  }, { immediate: true })

  /** By resource and group, or by the kind that an owner reference or event names. */
  function find(id: string): ResourceKind | undefined {
    return byId.value.get(id)
  }

  return { kinds, find }
})
