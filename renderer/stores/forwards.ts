/** Ports of this desktop that lead to an address in the chosen lab. They live in the lab host, so a reload finds them again. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import type { ForwardState } from '../../electron/contract/labs.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { useLabsStore } from './labs.ts'
import { useNoticesStore } from './notices.ts'

export const useForwardsStore = defineStore('forwards', () => {
  const labs = useLabsStore()
  const bridge = useBridge()
  const notices = useNoticesStore()
  const forwards = ref<readonly ForwardState[]>([])

  async function look(): Promise<void> {
    const lab = labs.lab?.spec.name
    forwards.value = lab === undefined ? [] : await bridge.call('forwards/list', { lab })
  }

  /** Makes the call, then looks what is open. */
  async function after(call: Promise<unknown>): Promise<void> {
    try {
      await call
      await look()
    } catch (error) {
      notices.tell(error)
    }
  }

  watch([() => labs.lab?.spec.name, () => labs.link], () => { if (labs.link === 'up') void after(Promise.resolve()) }, { immediate: true })

  return {
    forwards,
    /** @param localPort null: any that is free. */
    open: (node: string, address: string, port: number, localPort: number | null) => after(bridge.call('forwards/open', { lab: labs.lab?.spec.name ?? '', node, address, port, localPort })),
    close: (id: string) => after(bridge.call('forwards/close', { id })),
  }
})
