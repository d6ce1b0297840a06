/** LimitPodHardAntiAffinityTopology: required anti-affinity only between nodes. Upstream: plugin/pkg/admission/antiaffinity. */
import { forbidden } from '../http/api-error.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin } from './admission.ts'
import { isPodWrite } from './pod-fields.ts'

const hostname = 'kubernetes.io/hostname'

export function limitPodHardAntiAffinityTopology(): AdmissionPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE'),
    validate(request) {
      const terms = listAt(request.object, 'spec', 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
      const wrong = terms.map(term => textAt(term, 'topologyKey')).find(key => key !== hostname)
      if (wrong !== undefined) throw forbidden(request, shownName(request), `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wrong} but only key ${hostname} is allowed`)
    },
  }
}
