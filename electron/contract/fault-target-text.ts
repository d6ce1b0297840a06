/** What a fault is aimed at, as the command line and the page write it. */
import type { FaultTarget } from './faults.ts'

export function targetText(target: FaultTarget): string {
  switch (target.type) {
    case 'link':
      return `${target.from}:${target.to}${target.bothWays ? ' both ways' : ''}`
    case 'object':
      return target.namespace === '' ? target.name : `${target.namespace}/${target.name}`
    default:
      return target.name
  }
}
