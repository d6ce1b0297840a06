/**
 * Label selectors, as text ("app=web,tier in (a,b),!old") and as LabelSelector objects.
 *
 *   LS1  != and notin match an object that lacks the key.
 *   LS2  An empty selector matches everything; an absent LabelSelector matches nothing.
 *   LS3  Text that cannot be read is refused with what was wrong.
 */
import type { LabelSelector } from '../api/groups/meta-v1/types.ts'

type Labels = Readonly<Record<string, string>>

export interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: readonly string[]
}

export class SelectorError extends Error {
  override readonly name = 'SelectorError'
}

export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && matchesRequirements(requirementsOf(selector), labels) // LS2
}

/** For a Service or ReplicationController: every pair must match. An empty map matches nothing here. */
export function matchesLabelMap(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const pairs = Object.entries(selector ?? {})
  return pairs.length > 0 && pairs.every(([key, value]) => labels?.[key] === value)
}

export function matchesRequirements(requirements: readonly Requirement[], labels: Labels = {}): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    switch (operator) {
      case 'In': return value !== undefined && values.includes(value)
      case 'NotIn': return value === undefined || !values.includes(value) // LS1
      case 'Exists': return value !== undefined
      case 'DoesNotExist': return value === undefined
    }
  })
}

export function requirementsOf(selector: LabelSelector): readonly Requirement[] {
  return [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({ key, operator: 'In', values: [value] })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => {
      if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`)
      return { key, operator, values: values ?? [] }
    }),
  ]
}

/** Canonical text, keys sorted: what status.selector and list options carry. */
export function selectorText(selector: LabelSelector): string {
  return [...requirementsOf(selector)].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(renderRequirement).join(',')
}

function renderRequirement({ key, operator, values }: Requirement): string {
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`
}

const wordPattern = /^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$/

export function readSelector(text: string): readonly Requirement[] {
  const terms = splitTerms(text)
  return terms.map(readTerm)
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const letter = text[index]
    if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (index === text.length || (letter === ',' && depth === 0)) {
      terms.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  if (depth !== 0) throw new SelectorError(`unable to parse requirement: found '', expected: ',' or ')'`)
  return terms.length === 1 && terms[0] === '' ? [] : terms
}

function readTerm(term: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term)
  if (set !== null) return { key: word(set[1]!, term), operator: set[2] === 'in' ? 'In' : 'NotIn', values: set[3]!.split(',').map(value => value.trim()) }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(term)
  if (equality !== null) return { key: word(equality[1]!, term), operator: equality[2] === '!=' ? 'NotIn' : 'In', values: [equality[3]!] }
  if (term.startsWith('!')) return { key: word(term.slice(1).trim(), term), operator: 'DoesNotExist', values: [] }
  return { key: word(term, term), operator: 'Exists', values: [] }
}

function word(key: string, term: string): string {
  if (!wordPattern.test(key)) throw new SelectorError(`unable to parse requirement: ${JSON.stringify(term)}: invalid label key ${JSON.stringify(key)}`)
  return key
}
