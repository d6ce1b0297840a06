import { describe, expect, test } from 'vitest'
import { defaultPluginArgs } from '../../framework/plugin-args.ts'
import { shortNode, shortPod } from '../../parity/short-objects.ts'
import { emptyLookups } from '../../snapshot/cluster.ts'
import { spreadConstraints } from './spread-constraints.ts'
import { afterNodeChange, afterPodChange } from './spread-hints.ts'

const waiting = shortPod('p app=web spread=zone:1')
const constraints = spreadConstraints(waiting, 'DoNotSchedule', defaultPluginArgs.PodTopologySpread, emptyLookups)

describe('spread hints', () => {
  test('SH1 a counted pod that comes or goes', () => {
    expect(afterPodChange(waiting, constraints, undefined, shortPod('x on a app=web'))).toBe('Queue')
    expect(afterPodChange(waiting, constraints, shortPod('x on a app=web'), undefined)).toBe('Queue')
    expect(afterPodChange(waiting, constraints, undefined, shortPod('x on a app=db'))).toBe('Skip')
    expect(afterPodChange(waiting, constraints, undefined, shortPod('x on a app=web ns=team'))).toBe('Skip')
    expect(afterPodChange(waiting, constraints, undefined, shortPod('x app=web'))).toBe('Skip')
  })

  test('SH1 a pod that starts or stops being counted', () => {
    expect(afterPodChange(waiting, constraints, shortPod('x on a app=db'), shortPod('x on a app=web'))).toBe('Queue')
    expect(afterPodChange(waiting, constraints, shortPod('x on a app=web'), shortPod('x on a app=web label.tier=front'))).toBe('Skip')
  })

  test('SH2 its own toleration, if a constraint honours taints', () => {
    const tolerant = shortPod('p app=web spread=zone:1 tolerates=k')
    expect(afterPodChange(waiting, constraints, waiting, tolerant)).toBe('Skip')
    expect(afterPodChange(waiting, constraints.map(constraint => ({ ...constraint, honoursTaints: true })), waiting, tolerant)).toBe('Queue')
  })

  test('SH3 nodes that become a domain, cease to be one, or move', () => {
    expect(afterNodeChange(constraints, undefined, shortNode('a zone=z1'))).toBe('Queue')
    expect(afterNodeChange(constraints, undefined, shortNode('a'))).toBe('Skip')
    expect(afterNodeChange(constraints, shortNode('a zone=z1'), undefined)).toBe('Queue')
    expect(afterNodeChange(constraints, shortNode('a'), undefined)).toBe('Skip')
    expect(afterNodeChange(constraints, shortNode('a zone=z1'), shortNode('a zone=z2'))).toBe('Queue')
    expect(afterNodeChange(constraints, shortNode('a zone=z1'), shortNode('a zone=z1 label.disk=ssd'))).toBe('Skip')
    expect(afterNodeChange(constraints, shortNode('a zone=z1'), shortNode('a zone=z1 taint=k=v:NoSchedule'))).toBe('Queue')
  })
})
