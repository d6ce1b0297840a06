/** AlwaysAdmit and AlwaysDeny, which upstream keeps for old command lines. */
import { forbidden } from '../http/api-error.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin } from './admission.ts'

export function alwaysAdmit(): AdmissionPlugin {
  return { name: 'AlwaysAdmit', concerns: () => false }
}

export function alwaysDeny(): AdmissionPlugin {
  return {
    name: 'AlwaysDeny',
    concerns: () => true,
    validate(request) {
      throw forbidden(request, shownName(request), 'admission control is denying all modifications')
    },
  }
}
