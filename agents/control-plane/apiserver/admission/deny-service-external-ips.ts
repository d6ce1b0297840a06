/** DenyServiceExternalIPs: no new external IPs (CVE-2020-8554). Upstream: plugin/pkg/admission/network/denyserviceexternalips. */
import { forbidden } from '../http/api-error.ts'
import { listAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin } from './admission.ts'

export function denyServiceExternalIps(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    concerns: request => request.group === '' && request.resource === 'services' && request.subresource === '' && (request.operation === 'CREATE' || request.operation === 'UPDATE'),
    validate(request) {
      const known = listAt(request.oldObject, 'spec', 'externalIPs')
      const isNew = listAt(request.object, 'spec', 'externalIPs').some(address => !known.includes(address))
      if (isNew) throw forbidden(request, shownName(request), 'Use of external IPs is denied by admission control')
    },
  }
}
