/** A cure in words: the key of its text and what stands in it, and the kubectl command that brings it about where there is one. */
import type { Cure } from './inspection.ts'

export interface CureText {
  readonly key: string
  readonly values: Readonly<Record<string, string>>
  readonly command: string | null
}

const keys: Readonly<Record<string, string>> = {
  'free-resource': 'scheduler.cureFree', 'larger-node': 'scheduler.cureLarger', 'toleration': 'scheduler.cureToleration', 'uncordon': 'scheduler.cureUncordon', 'node-label': 'scheduler.cureLabel', 'free-port': 'scheduler.curePort',
  'pod-in-domain': 'scheduler.cureAffinity', 'no-pod-in-domain': 'scheduler.cureAntiAffinity', 'skew': 'scheduler.cureSkew', 'gate': 'scheduler.cureGate',
}

export function cureText(cure: Cure): CureText {
  const node = cure.node ?? ''
  const word = (field: string): string => (typeof cure[field] === 'object' ? JSON.stringify(cure[field]) : String(cure[field] ?? ''))
  const list = (field: string): string => (Array.isArray(cure[field]) ? (cure[field] as readonly string[]).join(', ') : '')
  const taint = (cure['taint'] ?? { key: '', effect: '' }) as { key: string; value?: string; effect: string }
  const values = { node, resource: word('resource'), amount: word('amount'), taint: `${taint.key}${taint.value === undefined ? '' : `=${taint.value}`}:${taint.effect}`, key: word('key'), operator: word('operator'), values: list('values'), port: `${word('protocol')} ${word('port')}`, domain: word('topologyKey'), selector: word('selector'), pods: word('fewerPods'), gates: list('gates'), text: word('text') }
  return { key: keys[cure.kind] ?? 'scheduler.cureOther', values, command: commandOf(cure, node, taint) }
}

function commandOf(cure: Cure, node: string, taint: { readonly key: string; readonly effect: string }): string | null {
  if (cure.kind === 'uncordon') return `kubectl uncordon ${node}`
  if (cure.kind === 'toleration') return `kubectl taint node ${node} ${taint.key}:${taint.effect}-`
  if (cure.kind !== 'node-label') return null
  const [first] = Array.isArray(cure['values']) ? (cure['values'] as readonly string[]) : []
  if (cure['operator'] === 'In') return `kubectl label node ${node} ${String(cure['key'])}=${first ?? ''}`
  if (cure['operator'] === 'Exists') return `kubectl label node ${node} ${String(cure['key'])}=`
  return cure['operator'] === 'DoesNotExist' || cure['operator'] === 'NotIn' ? `kubectl label node ${node} ${String(cure['key'])}-` : null
}
