/** The last minutes of each component's processor and memory, as the lab host reported them. */
import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import { useLabsStore } from './labs.ts'

export interface ComponentHistory {
  readonly cpuCores: readonly number[]
  readonly memoryBytes: readonly number[]
}

const kept = 90

export const useComponentHistory = defineStore('component-history', () => {
  const labs = useLabsStore()
  const histories = shallowRef<ReadonlyMap<string, ComponentHistory>>(new Map())

  watch(() => labs.lab, lab => {
    if (lab === null) return
    histories.value = new Map(lab.components.map(({ name, cpuCores, memoryBytes }) => {
      const before = histories.value.get(name)
      return [name, { cpuCores: [...(before?.cpuCores ?? []), cpuCores ?? 0].slice(-kept), memoryBytes: [...(before?.memoryBytes ?? []), memoryBytes ?? 0].slice(-kept) }]
    }))
  }, { immediate: true })

  return { histories }
})
