/** One webhook of a configuration, ready to be asked. */
import type { MutatingWebhook, ValidatingWebhook } from '../../../../api/groups/admissionregistration-v1/types.ts'
import { isFields, listAt } from '../../registry/kube-object.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { MatchConditions } from './match-conditions.ts'
import { RequestMatcher } from './request-matcher.ts'

export interface Hook {
  /** Unique among all webhooks, the same as long as its place in its configuration is. */
  readonly uid: string
  readonly configuration: string
  readonly webhook: MutatingWebhook | ValidatingWebhook
  readonly matcher: RequestMatcher
  readonly conditions: MatchConditions | undefined
  readonly ignoresFailure: boolean
  readonly reinvokes: boolean
}

export function hooksOf(configuration: KubeObject): Hook[] {
  const name = configuration.metadata.name!
  const type = configuration.kind === 'MutatingWebhookConfiguration' ? 'admit' : 'validating'
  const seen = new Map<string, number>()
  return listAt(configuration, 'webhooks').filter(isFields).map(fields => {
    const webhook = fields as unknown as MutatingWebhook
    const count = seen.get(webhook.name) ?? 0
    seen.set(webhook.name, count + 1)
    const conditions = webhook.matchConditions ?? []
    const ignoresFailure = webhook.failurePolicy === 'Ignore'
    return {
      uid: `${name}/${webhook.name}/${count}`,
      configuration: name,
      webhook,
      matcher: new RequestMatcher({ rules: webhook.rules ?? [], matchPolicy: webhook.matchPolicy ?? 'Equivalent', ...(webhook.namespaceSelector === undefined ? {} : { namespaceSelector: webhook.namespaceSelector }), ...(webhook.objectSelector === undefined ? {} : { objectSelector: webhook.objectSelector }) }),
      conditions: conditions.length === 0 ? undefined : new MatchConditions(conditions, { kind: 'webhook', type, name: webhook.name, ignoresFailure }),
      ignoresFailure,
      reinvokes: webhook.reinvocationPolicy === 'IfNeeded',
    }
  })
}
