/** What is broken on purpose, as the map marks it. Pure. */
import type { FaultState, FaultTarget } from '../../../electron/contract/faults.ts'
import type { LinkState } from '../../../electron/contract/links.ts'
import type { Marked } from './draw-map.ts'

export function targetText(target: FaultTarget): string {
  switch (target.type) {
    case 'component':
    case 'node':
      return target.name
    case 'link':
      return `${target.from} ${target.bothWays ? '⇄' : '→'} ${target.to}`
    case 'object':
      return `${target.namespace}/${target.name}`
  }
}

/** `*` is every node: then it is the other end that is marked. */
export function markedBy(faults: readonly FaultState[], links: readonly LinkState[], unwell: readonly string[]): Marked {
  const targets = [...faults.map(({ target }) => target), ...links.map(({ link }) => ({ type: 'link' as const, ...link, bothWays: false }))]
  const onLinks = targets.filter(target => target.type === 'link')
  return {
    nodes: new Set([
      ...unwell,
      ...targets.flatMap(target => (target.type === 'node' ? [target.name] : target.type === 'component' && target.name.includes('@') ? [target.name.split('@')[1]!] : [])),
      ...onLinks.flatMap(({ from, to }) => (from === '*' ? [to] : to === '*' ? [from] : [])).filter(name => name !== '*'),
    ]),
    links: onLinks.filter(({ from, to }) => from !== '*' && to !== '*'),
  }
}
