/**
 * Certificate signing requests: who may approve and sign for a signer, and what may not be asked for.
 * Upstream: plugin/pkg/admission/certificates.
 *
 *   CE1  Approving needs the verb approve, signing the verb sign, on signers named after the signer or "<domain>/*".
 *   CE2  The API client signer never issues for group system:masters.
 */
import type { Authorizer } from '../access/authorizer.ts'
import { readRequestPem } from '../access/certification-request.ts'
import { oids, readCertificationRequest, valuesOf } from '../access/distinguished-name.ts'
import { mastersGroup } from '../access/user-info.ts'
import { forbidden } from '../http/api-error.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const group = 'certificates.k8s.io'

function concernsRequest(request: AdmissionRequest, subresource: string, operation: AdmissionRequest['operation']): boolean {
  return request.group === group && request.resource === 'certificatesigningrequests' && request.subresource === subresource && request.operation === operation
}

async function may(authorizer: Authorizer, request: AdmissionRequest, verb: string, signer: string): Promise<boolean> {
  const domain = signer.slice(0, signer.indexOf('/'))
  for (const name of [signer, `${domain}/*`]) {
    const verdict = await authorizer.authorize({ user: request.user, verb, isResourceRequest: true, group, version: '*', resource: 'signers', subresource: '', namespace: '', name, path: '', fieldSelector: '', labelSelector: '' })
    if (verdict.decision === 'allow') return true
  }
  return false
}

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    concerns: request => concernsRequest(request, 'approval', 'UPDATE'),
    async validate(request) {
      const signer = textAt(request.oldObject, 'spec', 'signerName')
      if (!(await may(authorizer, request, 'approve', signer))) throw forbidden(request, shownName(request), `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`) // CE1
    },
  }
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    concerns: request => concernsRequest(request, 'status', 'UPDATE'),
    async validate(request) {
      const signed = (object: unknown) => [textAt(object, 'status', 'certificate'), listAt(object, 'status', 'conditions')]
      if (sameValue(signed(request.object), signed(request.oldObject))) return
      const signer = textAt(request.oldObject, 'spec', 'signerName')
      if (!(await may(authorizer, request, 'sign', signer))) throw forbidden(request, shownName(request), `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`)
    },
  }
}

export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    concerns: request => concernsRequest(request, '', 'CREATE') && textAt(request.object, 'spec', 'signerName') === 'kubernetes.io/kube-apiserver-client',
    validate(request) {
      let subject
      try {
        subject = readCertificationRequest(readRequestPem(textAt(request.object, 'spec', 'request'))).subject
      } catch (error) {
        throw forbidden(request, shownName(request), `failed to parse CSR: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (valuesOf(subject, oids.organization).includes(mastersGroup)) throw forbidden(request, shownName(request), 'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed') // CE2
    },
  }
}
