/** What a fault is aimed at, as people write it: `etcd`, `kubelet@node-1`, `node-1`, `NAMESPACE/NAME`, `node-1:node-2`, `*:node-1`. */
import type { FaultKind, FaultTarget } from '../../contract/faults.ts'
import { FaultError } from './fault-error.ts'

/** `namespace`: of an object whose text says none. */
export function readTargetText(kind: Pick<FaultKind, 'name' | 'target' | 'resource'>, text: string, { bothWays, namespace }: { readonly bothWays: boolean; readonly namespace: string }): FaultTarget {
  switch (kind.target) {
    case 'component':
    case 'node':
      return { type: kind.target, name: text }
    case 'link': {
      const [from = '', to = '', ...rest] = text.split(':')
      if (from === '' || to === '' || rest.length > 0) throw new FaultError('invalid-argument', `"${text}" is not a link; write FROM:TO, with * for any node`)
      return { type: 'link', from, to, bothWays }
    }
    case 'object': {
      const [first = '', second, ...rest] = text.split('/')
      if (rest.length > 0 || first === '') throw new FaultError('invalid-argument', `"${text}" is not an object; write NAMESPACE/NAME`)
      if (kind.resource === 'namespaces') return { type: 'object', namespace: '', name: first }
      return second === undefined ? { type: 'object', namespace, name: first } : { type: 'object', namespace: first, name: second }
    }
  }
}
