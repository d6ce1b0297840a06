/**
 * Which certificate signing requests may be signed, and how. Pure.
 *
 *   CF1  kube-apiserver-client signs for client auth only.
 *   CF2  kube-apiserver-client-kubelet signs CN=system:node:…, O=system:nodes, no alternative names, for client auth.
 *   CF3  kubelet-serving signs the same subject with at least one DNS name or address, for server auth.
 *   CF4  legacy-unknown signs anything; it is never approved by itself.
 *   CF5  A certificate lives as long as asked, at least 10 minutes, at most --cluster-signing-duration.
 */
import type { CertificateSigningRequest } from '../../../../api/groups/certificates-v1/types.ts'

/** What stands in a PKCS #10 request. */
export interface RequestContent {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
  readonly others: number
}

export const signerPrefix = 'kubernetes.io/'
const knownUsages = {
  client: new Set(['client auth', 'digital signature', 'key encipherment']),
  serving: new Set(['server auth', 'digital signature', 'key encipherment']),
}

export function isKubeletClient(request: CertificateSigningRequest, content: RequestContent): boolean { // CF2
  return isNode(content) && content.dnsNames.length + content.addresses.length + content.others === 0 && hasOnly(request, 'client auth', knownUsages.client)
}

/** Why it may not be signed; undefined if it may. The signer is one of kubernetes.io. */
export function refusal(request: CertificateSigningRequest, content: RequestContent): string | undefined {
  switch (request.spec.signerName) {
    case 'kubernetes.io/kube-apiserver-client':
      return request.spec.usages?.includes('client auth') === true && hasOnly(request, 'client auth', knownUsages.client) ? undefined : 'invalid usages for a client certificate'
    case 'kubernetes.io/kube-apiserver-client-kubelet':
      return isKubeletClient(request, content) ? undefined : 'subject, names or usages are not those of a kubelet client certificate'
    case 'kubernetes.io/kubelet-serving': // CF3
      return isNode(content) && content.dnsNames.length + content.addresses.length > 0 && content.others === 0 && hasOnly(request, 'server auth', knownUsages.serving) ? undefined : 'subject, names or usages are not those of a kubelet serving certificate'
    case 'kubernetes.io/legacy-unknown':
      return undefined // CF4
    default:
      return `signer ${request.spec.signerName} is unknown`
  }
}

export function lifeSeconds(request: CertificateSigningRequest, longestSeconds: number): number { // CF5
  return Math.min(longestSeconds, Math.max(600, request.spec.expirationSeconds ?? longestSeconds))
}

export const conditionOf = (request: CertificateSigningRequest, type: string) => request.status?.conditions?.find(condition => condition.type === type)

function isNode({ commonName, organizations }: RequestContent): boolean {
  return commonName.startsWith('system:node:') && organizations.length === 1 && organizations[0] === 'system:nodes'
}

function hasOnly(request: CertificateSigningRequest, needed: string, allowed: ReadonlySet<string>): boolean {
  const usages = request.spec.usages ?? []
  return usages.includes(needed) && usages.every(usage => allowed.has(usage))
}
