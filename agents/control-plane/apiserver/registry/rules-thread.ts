/** The thread of large-rules.ts: finds the kind, reads the object, asks. */
import { parentPort } from 'node:worker_threads'
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import { kindOf } from '../../../api/kinds.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import { parseJson } from '../../../api/schema/json.ts'
import { customRules } from '../custom/serve-definition.ts'
import type { CustomKind } from '../custom/custom-kind.ts'
import type { RulesAnswer, RulesQuestion } from './large-rules.ts'

/** The definition that was asked about last: writes of one kind come in rows. */
let known: { readonly key: string; readonly version: string; readonly kind: CustomKind } | undefined

/** More than are told. */
const mostFailures = 300

parentPort!.on('message', (question: RulesQuestion) => {
  const { failures, warnings } = answerOf(question)
  parentPort!.postMessage({ failures: failures.slice(0, mostFailures), warnings })
})

function answerOf({ group, version, resource, about, object: text, old: oldText, custom }: RulesQuestion): RulesAnswer {
  const object = read(text)
  const old = oldText === undefined ? undefined : read(oldText)
  const warnings: string[] = []
  const warn = (warning: string) => {
    warnings.push(warning)
  }
  if (custom !== undefined && about !== 'create') {
    const kind = customKindOf(custom, version)
    return { failures: about === 'update' ? kind.validateChange(object, old!, warn) : kind.validateStatusChange(object, old!, warn), warnings }
  }
  const kind = custom === undefined ? kindOf(group, resource, version)! : customKindOf(custom, version)
  const failures = about === 'create' ? kind.validate(object) : about === 'update' ? kind.validateUpdate(object, old!) : kind.validateStatusUpdate(object, old!)
  if (failures.length === 0 && about !== 'status') warnings.push(...(kind.warnings?.(object) ?? []))
  return { failures, warnings }
}

function read(text: string): KubernetesObject {
  return parseJson(text).value as KubernetesObject
}

function customKindOf({ key, definition }: NonNullable<RulesQuestion['custom']>, version: string): CustomKind {
  if (known?.key !== key || known.version !== version) known = { key, version, kind: customRules(parseJson(definition).value as CustomResourceDefinition, version) }
  return known.kind
}
