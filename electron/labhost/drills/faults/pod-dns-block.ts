/** A pod that gets no answer from any name server. */
import { podFilter } from './pod-network.ts'

export const podDnsBlock = podFilter({
  name: 'pod-dns-block', title: 'A pod cannot look up names', parameters: [],
  effect: 'Questions of the pod to name servers are dropped.',
  evidence: 'Name lookups in this pod time out after seconds; connections by address work, and other pods look up as always.',
  rules: () => ({ input: [], output: ['meta l4proto { tcp, udp } th dport 53'] }),
})
