/** Stories of tokens, certificates and policies. */
import type { Secret } from '../../agents/api/groups/core-v1/types.ts'
import { certificateSigningRequests, configMaps, pods, secrets, serviceAccounts, subjectAccessReviews, validatingAdmissionPolicies } from '../../agents/api/resources.ts'
import type { Draft } from '../../agents/api/resources.ts'
import { encodeBase64 } from '../../agents/api/schema/base64.ts'
import { timeText } from '../../agents/base/clock.ts'
import type { CertificateAuthority } from '../../agents/control-plane/controller-manager/controllers/certificates/certificate-controllers.ts'
import { meta, pause, type Scenario } from './scenario.ts'
import type { World } from './world.ts'

const dayMs = 86_400_000
const base64 = (text: string) => encodeBase64(new TextEncoder().encode(text))
const tokenType = 'kubernetes.io/service-account-token'

/** A token of account `robot`, made two years ago. */
function oldToken(name: string, nowMs: number, labels: Readonly<Record<string, string>> = {}): Draft<Secret> {
  return {
    metadata: { ...meta(name), creationTimestamp: timeText(nowMs - 730 * dayMs), labels: { ...labels }, annotations: { 'kubernetes.io/service-account.name': 'robot', 'kubernetes.io/service-account.uid': 'robot' } },
    type: tokenType,
  }
}

function bootstrapToken(id: string, expiration: string) {
  const data = { 'token-id': id, 'token-secret': `${id}secretsecret`, 'usage-bootstrap-signing': 'true', expiration }
  return { metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` }, type: 'bootstrap.kubernetes.io/token', data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, base64(text)])) }
}

const authority: CertificateAuthority = {
  longestSeconds: 1_000,
  readRequest: request => Promise.resolve(JSON.parse(request)),
  sign: (_request, { usages, lifeSeconds }) => Promise.resolve(`signed for ${usages.join()} and ${lifeSeconds} s`),
}

const request = (name: string, username = 'system:node:n1') => ({
  metadata: { name },
  spec: { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth', 'digital signature'], username, request: JSON.stringify({ commonName: 'system:node:n1', organizations: ['system:nodes'], dnsNames: [], addresses: [], others: 0 }) },
})

/** Requests of system:node:n1 are its own; a stranger's need a person. */
function reviewAccess(world: World): void {
  const create = world.cluster.create.bind(world.cluster)
  world.cluster.create = ((type, object, ...rest) => {
    if (type.resource !== subjectAccessReviews.resource) return create(type, object, ...rest)
    return Promise.resolve({ ...object, status: { allowed: (object as unknown as { spec: { user: string } }).spec.user === 'system:node:n1' } })
  }) as typeof world.cluster.create
}

export const accessScenarios: readonly Scenario[] = [
  {
    name: 'a secret gets the token of its account, and goes with it',
    controllers: ['serviceaccount-token-controller'],
    begin: world => {
      for (const name of ['robot', 'other']) world.put(serviceAccounts, { metadata: { ...meta(name), uid: name } })
      for (const name of ['robot', 'other']) world.put(secrets, { metadata: { ...meta(`${name}-token`), annotations: { 'kubernetes.io/service-account.name': name } }, type: tokenType })
    },
    acts: [{ atMs: 6_000, act: world => { world.cluster.vanish(serviceAccounts, meta('robot')) } }],
    compares: [secrets],
    durationMs: pause,
  },
  {
    name: 'tokens that nobody used for long are marked, then deleted',
    controllers: ['legacy-serviceaccount-token-cleaner-controller'],
    begin: world => {
      const nowMs = world.clock.now()
      const day = (agoMs: number) => new Date(nowMs - agoMs).toISOString().slice(0, 10)
      world.put(configMaps, { metadata: { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }, data: { since: day(730 * dayMs) } })
      world.put(serviceAccounts, { metadata: { ...meta('robot'), uid: 'robot' }, secrets: ['unused', 'marked', 'used', 'mounted'].map(name => ({ name })) })
      world.put(secrets, oldToken('unused', nowMs))
      world.put(secrets, oldToken('marked', nowMs, { 'kubernetes.io/legacy-token-invalid-since': day(400 * dayMs) }))
      world.put(secrets, oldToken('used', nowMs, { 'kubernetes.io/legacy-token-last-used': day(dayMs) }))
      world.put(secrets, oldToken('mounted', nowMs))
      world.put(pods, { metadata: meta('user'), spec: { containers: [{ name: 'c' }], volumes: [{ name: 't', secret: { secretName: 'mounted' } }] } })
    },
    compares: [secrets],
    durationMs: pause,
  },
  {
    name: 'bootstrap tokens sign the cluster info until their time is over, and go',
    controllers: ['bootstrap-signer-controller', 'token-cleaner-controller'],
    begin: world => {
      world.put(configMaps, { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data: { kubeconfig: 'how to join' } })
      world.put(secrets, bootstrapToken('short0', timeText(world.clock.now() + 8_000)))
      world.put(secrets, bootstrapToken('longer', timeText(world.clock.now() + dayMs)))
    },
    acts: [{ atMs: 4_000, act: world => { world.put(configMaps, { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data: { kubeconfig: 'how to join now' } }) } }],
    compares: [configMaps, secrets],
    durationMs: pause,
  },
  {
    name: 'a kubelet gets its certificate, a stranger does not, and old requests go',
    controllers: ['certificatesigningrequest-approving-controller', 'certificatesigningrequest-signing-controller', 'certificatesigningrequest-cleaner-controller'],
    config: { certificateAuthority: authority },
    begin: world => {
      reviewAccess(world)
      const almostAnHourAgo = timeText(world.clock.now() - 3_590_000)
      world.put(certificateSigningRequests, request('own'))
      world.put(certificateSigningRequests, request('strange', 'stranger'))
      world.put(certificateSigningRequests, { ...request('denied'), status: { conditions: [{ type: 'Denied', status: 'True', reason: 'no', lastUpdateTime: almostAnHourAgo }] } })
    },
    acts: [{ atMs: 5_000, act: world => { world.put(certificateSigningRequests, request('later')) } }],
    compares: [certificateSigningRequests],
    durationMs: pause,
  },
  {
    name: 'an admission policy is told what its expressions get wrong, once for each generation',
    controllers: ['validatingadmissionpolicy-status-controller'],
    begin: world => {
      const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['*' as const] }]
      world.put(validatingAdmissionPolicies, { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules }, validations: [{ expression: 'object.spec.replicas > 1' }] } })
    },
    acts: [{ atMs: 5_000, act: world => world.change(validatingAdmissionPolicies, 'p', ({ spec }) => { spec.validations = [{ expression: 'object.spec.nodeName != ""' }] }) }],
    compares: [validatingAdmissionPolicies],
    durationMs: pause,
  },
]
