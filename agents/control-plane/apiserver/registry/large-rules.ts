/**
 * The rules of a kind, asked about a large object by a thread of its own.
 *
 *   LR1  Rules only read, so they can be asked elsewhere: what goes there is text, what comes back a few errors.
 *   LR3  Definitions of custom resources and policies are asked about there as soon as they are heavy: what they hold is
 *        compiled to be judged.
 *   LR2  Custom resources with thousands of patterns and rules in their schema are always asked about there, since the first
 *        object that meets them has them all compiled.
 */
import type { FieldError } from '../../../api/field-error.ts'
import { ApiError } from '../http/api-error.ts'
import { BackgroundThread, ThreadError } from './background-thread.ts'
import type { KubeObject } from './kube-object.ts'
import type { ServedResource } from './served-resource.ts'

/** Which rules are asked: of a new object, of a change, of a change of the status. */
export type RulesAbout = 'create' | 'update' | 'status'

export interface RulesQuestion {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly about: RulesAbout
  readonly object: string
  readonly old?: string
  /** Of a custom resource: its definition as JSON, and what tells it from its earlier states. */
  readonly custom?: { readonly key: string; readonly definition: string }
}

export interface RulesAnswer {
  readonly failures: FieldError[]
  readonly warnings: readonly string[]
}

const thread = new BackgroundThread<RulesQuestion, RulesAnswer>({
  source: './rules-thread.ts',
  bundled: './kube-apiserver-rules.mjs',
  maxMemoryMiB: 128,
  maxWaiting: 64,
  waiting: 'large objects are waiting to be validated',
})

const compilingGroups = new Set(['admissionregistration.k8s.io', 'apiextensions.k8s.io'])

export function isAskedElsewhere({ group, custom }: ServedResource, { isHeavy, isLarge }: { readonly isHeavy?: boolean; readonly isLarge?: boolean }): boolean {
  return isLarge === true || custom?.hasManyRules === true || (isHeavy === true && compilingGroups.has(group)) // LR2, LR3
}

export async function askRules(resource: ServedResource, about: RulesAbout, object: KubeObject, old: KubeObject | undefined, warn: (text: string) => void): Promise<FieldError[]> {
  const { group, version, custom } = resource
  const question: RulesQuestion = {
    group, version, about,
    resource: resource.resource,
    object: JSON.stringify(object),
    ...(old === undefined ? {} : { old: JSON.stringify(old) }),
    ...(custom === undefined ? {} : { custom: custom.source() }),
  }
  try {
    const { failures, warnings } = await thread.ask(question)
    for (const text of warnings) warn(text)
    return failures
  } catch (error) {
    if (error instanceof ThreadError) throw new ApiError('RequestEntityTooLarge', `Request entity too large: the object ${error.message}`)
    throw error
  }
}
