/** A narrow link. */
import { numberOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkRate = linkFault({
  name: 'link-rate', title: 'A narrow link',
  parameters: [{ name: 'megabitsPerSecond', type: 'number', unit: 'Mbit/s', least: 0.001, most: 100_000, default: 1 }, { name: 'queueKiB', type: 'number', unit: 'KiB', least: 1, most: 1_048_576, default: 64 }],
  effect: 'No more than so many bits pass in a second; what the queue does not hold is dropped.',
  evidence: 'Transfers take their time; ping is slow while the queue is full (bufferbloat).',
  impairments: order => ({ rate: { megabitsPerSecond: numberOf(order, 'megabitsPerSecond'), queueKiB: numberOf(order, 'queueKiB') } }),
})
