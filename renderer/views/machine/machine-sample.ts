/**
 * The figures of a report that are drawn over time. Pure.
 *
 *   MS1  Of the network interfaces those are drawn that stay: the machine's own and the overlay's, not the ends of pods' cables.
 */
import type { MachineReport } from '../../../electron/contract/machines.ts'
import type { Sample } from '../../lib/series.ts'

export function sampleOf({ at, cpuSeconds, memory, interfaces }: MachineReport): Sample {
  const cards = interfaces.filter(({ name }) => name !== 'lo' && name !== 'cni0' && !name.startsWith('veth')) // MS1
  return { at, values: { cpu: cpuSeconds, memory: memory.workingSetBytes, ...Object.fromEntries(cards.flatMap(({ name, received, sent }) => [[`received ${name}`, received.bytes], [`sent ${name}`, sent.bytes]])) } }
}

export function cardsOf(samples: readonly Sample[]): readonly string[] {
  return Object.keys(samples.at(-1)?.values ?? {}).filter(name => name.startsWith('received ')).map(name => name.slice('received '.length))
}
