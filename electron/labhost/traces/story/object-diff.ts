/**
 * What a write changed, field by field.
 *
 *   OD1  Bookkeeping that every write changes (resourceVersion, managedFields) is not told.
 *   OD2  Values of Secrets are never told, only that they changed.
 *   OD3  Lists are compared by place; an object or list that came or went whole is told as one change.
 */
import type { FieldChange } from '../../../contract/stories.ts'

type Plain = Readonly<Record<string, unknown>>

const bookkeeping = new Set(['metadata.resourceVersion', 'metadata.managedFields'])
const longestValue = 300
const mostChanges = 200

export function objectDiff(before: Plain | null, after: Plain | null): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const isSecret = (after ?? before)?.['kind'] === 'Secret'
  const hide = (path: string): boolean => isSecret && /^(data|stringData)\b/.test(path)
  const walk = (path: string, old: unknown, now: unknown): void => {
    if (bookkeeping.has(path) || changes.length >= mostChanges || JSON.stringify(old) === JSON.stringify(now)) return // OD1
    if (isContainer(old) && isContainer(now) && Array.isArray(old) === Array.isArray(now)) {
      for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) walk(join(path, key, Array.isArray(now)), (old as Plain)[key], (now as Plain)[key])
      return
    }
    changes.push({ path, before: shown(old, hide(path)), after: shown(now, hide(path)) })
  }
  const whole = before ?? {}
  const next = after ?? {}
  for (const key of new Set([...Object.keys(whole), ...Object.keys(next)])) {
    if (key === 'kind' || key === 'apiVersion') continue
    if (before === null && key === 'metadata') for (const field of Object.keys(next[key] as Plain)) walk(`metadata.${field}`, undefined, (next[key] as Plain)[field])
    else walk(key, whole[key], next[key])
  }
  return changes
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function join(path: string, key: string, isList: boolean): string {
  return isList ? `${path}[${key}]` : /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function shown(value: unknown, hidden: boolean): string | null {
  if (value === undefined) return null
  if (hidden) return '•••' // OD2
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`
}
