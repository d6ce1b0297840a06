/** What faults of admission webhooks share: a configuration of the fault's own that asks somebody who does not answer as they should. */
import { numberOf, textOf, type Fault } from '../fault.ts'
import { unlessGone } from '../unless-gone.ts'

interface WebhookFault {
  readonly name: string
  readonly title: string
  readonly effect: string
  readonly evidence: string
  /** Null: where the API server itself listens, whose authority is none that a webhook without caBundle trusts. */
  readonly url: string | null
}

const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'

/** Only the namespace it is aimed at, so that the lab itself goes on. */
export function webhookFault({ url, ...kind }: WebhookFault): Fault<'object'> {
  return {
    kind: {
      ...kind, group: 'api-server', target: 'object', resource: 'namespaces', lasts: true, providers: null,
      parameters: [{ name: 'policy', type: 'choice', choices: ['Fail', 'Ignore'], default: 'Fail' }, { name: 'timeoutSeconds', type: 'number', unit: 's', least: 1, most: 30, default: 5 }],
      healing: 'The webhook configuration is deleted.',
    },
    claims: () => [],
    async inject(world, order) {
      await world.api.post(configurations, {
        apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: nameOf(order.id) },
        webhooks: [{
          name: 'webhook.fault.kubarium.dev', clientConfig: { url: url ?? `${world.apiUrl}/webhook` }, failurePolicy: textOf(order, 'policy'), timeoutSeconds: Math.round(numberOf(order, 'timeoutSeconds')), sideEffects: 'None', admissionReviewVersions: ['v1'],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': order.target.name } },
          rules: [{ apiGroups: ['', 'apps'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['pods', 'deployments', 'configmaps', 'services'], scope: 'Namespaced' }],
        }],
      })
    },
    async heal(world, { id }) {
      await unlessGone(world.api.delete(`${configurations}/${nameOf(id)}`))
    },
  }
}

function nameOf(id: string): string {
  return `kubarium-${id}`
}
