/**
 * Who made a certificate signing request is recorded by the server: whatever the client says about itself is replaced. What
 * it asks for must be readable and signed with its own key.
 */
import { invalid as invalidField } from '../../../api/field-error.ts'
import { isRequestPem } from '../../../api/groups/certificates-v1/certificate-signing-request.ts'
import { checkRequestSignature } from '../access/certification-request.ts'
import { invalid } from '../http/api-error.ts'
import { textAt } from './kube-object.ts'
import type { Fields } from './kube-object.ts'
import type { WriteHooks } from './object-writer.ts'

export const certificateRequestHooks: WriteHooks = {
  async beforeCreate(request, { user }) {
    const spec = (request['spec'] ?? {}) as Fields
    for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field]
    request['spec'] = {
      ...spec,
      username: user.name,
      ...(user.uid === '' ? {} : { uid: user.uid }),
      ...(user.groups.length === 0 ? {} : { groups: user.groups }),
      ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
    }
    const pem = textAt(request, 'spec', 'request')
    if (!isRequestPem(pem)) return undefined // its kind's rules refuse it, with what else is wrong
    try {
      checkRequestSignature(pem)
    } catch (error) {
      throw invalid({ group: 'certificates.k8s.io', kind: 'CertificateSigningRequest' }, request.metadata.name ?? '', [invalidField('spec.request', pem, error instanceof Error ? error.message : String(error))])
    }
    return undefined
  },
  async beforeUpdate(request, old) {
    request['spec'] = old['spec']
    return undefined
  },
}
