/** What is wrong with a YAML text: syntax, and fields that the schema does not have. Places are character offsets. */
import { LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml'
import { type Schema, type Schemas, unknownFields } from './schema-at.ts'

export interface YamlProblem {
  readonly from: number
  readonly to: number
  readonly message: string
  readonly severity: 'error' | 'warning'
}

export function findYamlProblems(text: string, root: Schema | undefined, schemas: Schemas): readonly YamlProblem[] {
  const document = parseDocument(text, { lineCounter: new LineCounter() })
  const syntax = document.errors.map(({ pos, message }): YamlProblem => ({ from: pos[0], to: pos[1], message: message.split('\n')[0]!, severity: 'error' }))
  if (syntax.length > 0 || root === undefined) return syntax
  return unknownFields(document.toJS(), root, schemas).flatMap(({ path, name }) => {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    const key = isMap(parent) ? parent.items.find(item => isScalar(item.key) && item.key.value === name)?.key : undefined
    const range = isNode(key) ? key.range : undefined
    return range === undefined || range === null ? [] : [{ from: range[0], to: range[1], message: `${path.join('.')}: the schema has no such field`, severity: 'warning' as const }]
  })
}
