/** A pod that nobody reaches and that reaches nobody. */
import { podFilter } from './pod-network.ts'

export const podIsolated = podFilter({
  name: 'pod-isolated', title: 'A pod without a network', parameters: [],
  effect: 'Everything that the pod gets and sends is dropped.',
  evidence: 'The pod is Running; its network probes time out, and Services lose it as soon as it is not Ready.',
  rules: () => ({ input: [''], output: [''] }),
})
