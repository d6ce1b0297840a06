/** Forms and webhooks for tests: two versions of one kind, and a webhook that answers as told. */
import { deduced } from '../../../../wire/apply/apply-schema.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { WebhookCall, WebhookClients } from '../../webhooks/webhook-client.ts'
import { noAdmissionMetrics } from '../admission-metrics.ts'
import type { ObjectForms } from './object-forms.ts'
import type { WebhookPluginDeps } from './webhook-plugins.ts'

export const forms: ObjectForms = {
  equivalents: ({ resource, version }) => (resource === 'gadgets' ? [{ group: 'test', version: version === 'v1' ? 'v2' : 'v1', resource, kind: 'Gadget' }] : []),
  convert: (object, _from, to) => ({ ...object, apiVersion: `test/${to.version}` }),
  completed: object => object,
  resourceOfKind: () => undefined,
  applySchema: () => deduced,
  namespaceLabels: name => (name === 'gone' ? undefined : { name }),
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- reviews are read freely
export type Answering = (request: any, webhook: string) => object

/** Webhooks are told apart by their URLs. */
export function depsWith(answer: Answering, asked: string[] = []): WebhookPluginDeps {
  const clients = {
    clientFor: ({ url = '' }: { url?: string }) => ({
      url,
      post({ body }: WebhookCall) {
        const { request } = JSON.parse(String(body)) as { request: { uid: string } }
        asked.push(url)
        return Promise.resolve(Buffer.from(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: request.uid, allowed: true, ...answer(request, url) } })))
      },
    }),
  } as unknown as WebhookClients
  return { clients, forms, metrics: noAdmissionMetrics, monotonic: () => 0, authorizer: { authorize: () => ({ decision: 'allow', reason: '' }) } }
}

export function patchOf(...operations: object[]): object {
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }
}

export function configuration(kind: 'Mutating' | 'Validating', name: string, ...webhooks: object[]): KubeObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: `${kind}WebhookConfiguration`, metadata: { name, uid: name, resourceVersion: '1' },
    webhooks: webhooks.map((webhook, index) => ({ name: `h${index}.${name}.io`, clientConfig: { url: `${name}/${index}` }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }], ...webhook })),
  }
}
