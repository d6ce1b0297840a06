import type { PodTemplateSpec } from '../../../api/groups/core-v1/types.ts'
import { canonicalText, isEqualJson } from './canonical.ts'

export const podTemplateHashLabel = 'pod-template-hash'

/** Letters that never form words, as in upstream's SafeEncodeString. */
const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** A short name for a template: the same template and collision count give the same text. FNV-1a, 32 bits. */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const hash = fnv1a(canonicalText(template) + (collisionCount === 0 ? '' : `#${collisionCount}`))
  return [...String(hash)].map(digit => letters[digit.charCodeAt(0) % letters.length]).join('')
}

/** The templates ask for the same Pods, whatever their pod-template-hash says. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return isEqualJson(withoutHash(a), withoutHash(b))
}

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {}
  const { creationTimestamp: _time, labels: _labels, annotations, ...metadata } = template.metadata ?? {}
  const filled = { ...metadata, ...(Object.keys(labels).length === 0 ? {} : { labels }), ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }) }
  return { spec: template.spec, metadata: filled }
}
