import { describe, expect, test } from 'vitest'
import { shortNode, shortPod } from '../../parity/short-objects.ts'
import { emptyLookups } from '../../snapshot/cluster.ts'
import { afterNodeChange, afterPodChange } from './affinity-hints.ts'

const seeker = shortPod('p app=web near=db@zone')
const loner = shortPod('p app=web far=db@zone')
const after = (pod: typeof seeker, before: string | undefined, now: string | undefined) => afterPodChange(pod, before === undefined ? undefined : shortPod(before), now === undefined ? undefined : shortPod(now), emptyLookups)

describe('affinity hints', () => {
  test('AH1 its own labels', () => {
    expect(after(loner, 'p app=web', 'p app=other')).toBe('Queue')
  })

  test('AH2 a friend that comes or becomes one', () => {
    expect(after(seeker, undefined, 'x on a app=db')).toBe('Queue')
    expect(after(seeker, undefined, 'x app=db')).toBe('Skip')
    expect(after(seeker, undefined, 'x on a app=cache')).toBe('Skip')
    expect(after(seeker, 'x on a app=cache', 'x on a app=db')).toBe('Queue')
    expect(after(seeker, 'x on a app=db', undefined)).toBe('Skip')
  })

  test('AH2 one it avoids that goes or ceases to be one', () => {
    expect(after(loner, 'x on a app=db', undefined)).toBe('Queue')
    expect(after(loner, 'x on a app=cache', undefined)).toBe('Skip')
    expect(after(loner, 'x on a app=db', 'x on a app=cache')).toBe('Queue')
    expect(after(loner, undefined, 'x on a app=db')).toBe('Skip')
  })

  test('AH2 one that refused it and goes', () => {
    expect(after(shortPod('p app=web'), 'x on a far=web@zone', undefined)).toBe('Queue')
    expect(after(shortPod('p app=web'), 'x on a far=db@zone', undefined)).toBe('Skip')
  })

  test('AH3 nodes that reach or leave a domain', () => {
    expect(afterNodeChange(seeker, undefined, shortNode('a zone=z1'))).toBe('Queue')
    expect(afterNodeChange(seeker, undefined, shortNode('a'))).toBe('Skip')
    expect(afterNodeChange(seeker, shortNode('a zone=z1'), shortNode('a zone=z2'))).toBe('Queue')
    expect(afterNodeChange(loner, undefined, shortNode('a'))).toBe('Queue')
    expect(afterNodeChange(loner, shortNode('a zone=z1'), shortNode('a'))).toBe('Queue')
    expect(afterNodeChange(loner, shortNode('a'), shortNode('a zone=z1'))).toBe('Skip')
  })
})
