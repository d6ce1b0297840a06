import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { CertificateSigningRequest } from '../../../../api/groups/certificates-v1/types.ts'
import { certificateSigningRequests, subjectAccessReviews } from '../../../../api/resources.ts'
import type { CertificateAuthority } from './certificate-controllers.ts'
import { certificateCleanerController, createApprovingController, createSigningController } from './certificate-controllers.ts'
import type { RequestContent } from './plan-certificate.ts'
import { refusal } from './plan-certificate.ts'

const node: RequestContent = { commonName: 'system:node:n1', organizations: ['system:nodes'], dnsNames: [], addresses: [], others: 0 }
const authority: CertificateAuthority = {
  longestSeconds: 1_000,
  readRequest: request => Promise.resolve(JSON.parse(request) as RequestContent),
  sign: (_request, { usages, lifeSeconds }) => Promise.resolve(`signed for ${usages.join()} and ${lifeSeconds} s`),
}
let scene: ControllerScene
let mayCreate = ['selfnodeclient']

beforeEach(async () => {
  scene = createControllerScene()
  mayCreate = ['selfnodeclient']
  const create = scene.cluster.create.bind(scene.cluster)
  scene.cluster.create = ((type, object, ...rest) => (type.resource === subjectAccessReviews.resource
    ? Promise.resolve({ ...object, status: { allowed: mayCreate.includes((object as unknown as { spec: { resourceAttributes: { subresource: string } } }).spec.resourceAttributes.subresource) } })
    : create(type, object, ...rest)) as never) as typeof scene.cluster.create
  await scene.start(createApprovingController(authority), createSigningController(authority), certificateCleanerController)
})
afterEach(() => scene[Symbol.asyncDispose]())

async function ask(content: Partial<RequestContent>, spec: Partial<CertificateSigningRequest['spec']>, approved = false) {
  scene.cluster.put(certificateSigningRequests, {
    metadata: { name: 'csr' },
    spec: { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth', 'digital signature'], username: 'system:node:n1', request: JSON.stringify({ ...node, ...content }), ...spec },
    status: approved ? { conditions: [{ type: 'Approved', status: 'True', reason: 'x', lastUpdateTime: '2026-01-01T00:00:00Z' }] } : {},
  })
  await scene.settle()
  const { status } = scene.cluster.peek(certificateSigningRequests, { name: 'csr' })!
  return [...(status.conditions ?? []).map(({ type }) => type), status.certificate].filter(part => part !== undefined)
}

describe('certificate signing requests', () => {
  it('CC1: a kubelet gets its own client certificate without a person, if it may', async () => {
    expect(await ask({}, {})).toEqual(['Approved', 'signed for client auth,digital signature and 1000 s'])
    mayCreate = []
    scene.cluster.vanish(certificateSigningRequests, { name: 'csr' })
    expect(await ask({}, {})).toEqual([])
  })

  it.each<[string, Partial<RequestContent>, Partial<CertificateSigningRequest['spec']>]>([
    ['another organization', { organizations: ['system:masters'] }, {}],
    ['names', { dnsNames: ['x'] }, {}],
    ['server auth', {}, { usages: ['server auth'] }],
    ['another signer', {}, { signerName: 'kubernetes.io/kube-apiserver-client' }],
  ])('CC1: does not approve one with %s', async (_what, content, spec) => {
    expect(await ask(content, spec)).toEqual([])
  })

  it('CC2, CF5: signs what was approved for as long as asked, within limits', async () => {
    expect(await ask({ commonName: 'jane', organizations: [] }, { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], expirationSeconds: 700 }, true)).toEqual(['Approved', 'signed for client auth and 700 s'])
    expect(await ask({ commonName: 'jane' }, { signerName: 'example.com/mine', usages: ['client auth'] }, true)).toEqual(['Approved'])
  })

  it('CC2, CF3: what breaks the rules of its signer fails', async () => {
    expect(await ask({}, { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'] }, true)).toEqual(['Approved', 'Failed'])
    scene.cluster.vanish(certificateSigningRequests, { name: 'csr' })
    expect(await ask({ addresses: ['172.30.0.11'] }, { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'] }, true)).toEqual(['Approved', 'signed for server auth and 1000 s'])
  })

  it('CC3: goes an hour after it was decided, a day after it was made', async () => {
    await ask({}, {}, true)
    await scene.settle(3_700_000)
    expect(scene.cluster.all(certificateSigningRequests)).toEqual([])
    await ask({ others: 1 }, {})
    await scene.settle(23 * 3_600_000)
    expect(scene.cluster.all(certificateSigningRequests)).toHaveLength(1)
    await scene.settle(2 * 3_600_000)
    expect(scene.cluster.all(certificateSigningRequests)).toEqual([])
  })
})

describe('what each signer signs', () => {
  it.each<[string, string, string[], Partial<RequestContent>, boolean]>([
    ['CF1: client auth', 'kube-apiserver-client', ['client auth'], {}, true],
    ['CF1: not server auth', 'kube-apiserver-client', ['client auth', 'server auth'], {}, false],
    ['CF2: a node as client', 'kube-apiserver-client-kubelet', ['client auth'], {}, true],
    ['CF2: nobody but a node', 'kube-apiserver-client-kubelet', ['client auth'], { commonName: 'jane' }, false],
    ['CF2: no alternative names', 'kube-apiserver-client-kubelet', ['client auth'], { addresses: ['10.0.0.1'] }, false],
    ['CF4: anything', 'legacy-unknown', ['server auth', 'client auth'], { commonName: 'jane', dnsNames: ['x'] }, true],
  ])('%s (%s)', (_rule, signer, usages, content, isSigned) => {
    const request = { spec: { signerName: `kubernetes.io/${signer}`, usages } } as unknown as CertificateSigningRequest
    expect(refusal(request, { ...node, ...content }) === undefined).toBe(isSigned)
  })
})
