/**
 * PodNodeSelector: pods of a namespace go where its annotation says. Upstream: plugin/pkg/admission/podnodeselector.
 *
 *   PN1  The namespace's annotation, or the configuration's clusterDefaultNodeSelector, is added to the pod's own selector;
 *        a contradiction is refused.
 *   PN2  A namespace named in the configuration lists all that its pods may select by.
 */
import { ApiError, forbidden } from '../http/api-error.ts'
import { fieldAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'

type Labels = Readonly<Record<string, string>>

const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
const namespaces = { group: '', resource: 'namespaces' }

export function podNodeSelector(reader: ObjectReader, configuration: unknown): AdmissionPlugin {
  const configured = (fieldAt(configuration, 'podNodeSelectorPluginConfig') ?? {}) as Labels
  const ofNamespace = async (name: string): Promise<Labels> => {
    const found = reader.get(namespaces, '', name) ?? (await reader.getFresh(namespaces, '', name))
    return readPairs(found?.metadata.annotations?.[annotation] ?? configured['clusterDefaultNodeSelector'] ?? '')
  }
  const check = async (request: AdmissionRequest): Promise<Labels> => {
    const wanted = await ofNamespace(request.namespace)
    const own = podSpecOf(request.object!).nodeSelector ?? {}
    if (Object.keys(own).some(key => wanted[key] !== undefined && wanted[key] !== own[key])) throw forbidden(request, shownName(request), 'pod node label selector conflicts with its namespace node label selector') // PN1
    return wanted
  }
  return {
    name: 'PodNodeSelector',
    concerns: request => isPodWrite(request, 'CREATE'),
    async admit(request) {
      const wanted = await check(request)
      const spec = podSpecOf(request.object!)
      const merged = { ...wanted, ...spec.nodeSelector }
      if (Object.keys(merged).length > 0) spec.nodeSelector = merged
    },
    async validate(request) {
      await check(request)
      const allowed = readPairs(configured[request.namespace] ?? '')
      const own = podSpecOf(request.object!).nodeSelector ?? {}
      if (Object.keys(allowed).length > 0 && Object.keys(own).some(key => allowed[key] !== own[key])) throw forbidden(request, shownName(request), 'pod node label selector labels conflict with its namespace whitelist') // PN2
    },
  }
}

/** "a=b,c=d"; nothing but equality is known here. */
function readPairs(text: string): Labels {
  const terms = text.split(',').map(term => term.trim()).filter(term => term !== '')
  return Object.fromEntries(terms.map(term => {
    const pair = /^([^=]+)=([^=]*)$/.exec(term)
    if (pair === null) throw new ApiError('InternalError', `invalid selector: ${text}`)
    return [pair[1]!.trim(), pair[2]!.trim()]
  }))
}
