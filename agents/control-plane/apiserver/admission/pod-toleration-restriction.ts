/**
 * PodTolerationRestriction: tolerations that a namespace gives its pods, and those it lets them have.
 * Upstream: plugin/pkg/admission/podtolerationrestriction, pkg/util/tolerations.
 *
 *   PT1  On creation the namespace's default tolerations (else the configuration's) are added; of two where one covers the
 *        other only the wider stays.
 *   PT2  A pod that asks for cpu or memory tolerates memory pressure.
 *   PT3  Every toleration must be covered by the namespace's whitelist, else by the configuration's; an empty list allows all.
 */
import { relayedStatus } from '../http/api-error.ts'
import { fieldAt, isFields, listAt } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'
import type { PodSpecFields, Toleration } from './pod-fields.ts'

const defaultsKey = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const whitelistKey = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
const namespaces = { group: '', resource: 'namespaces' }

export function podTolerationRestriction(reader: ObjectReader, configuration: unknown): AdmissionPlugin {
  const configured = (list: 'default' | 'whitelist') => listAt(configuration, list) as Toleration[]
  const annotated = async (namespace: string, key: string): Promise<readonly Toleration[] | undefined> => {
    const found = reader.get(namespaces, '', namespace) ?? (await reader.getFresh(namespaces, '', namespace))
    const text = found?.metadata.annotations?.[key]
    return text === undefined ? undefined : readTolerations(text)
  }
  return {
    name: 'PodTolerationRestriction',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE'),
    async admit(request) {
      const spec = podSpecOf(request.object!)
      const extra: Toleration[] = request.operation === 'CREATE' ? [...((await annotated(request.namespace, defaultsKey)) ?? configured('default'))] : [] // PT1
      if (!isBestEffort(spec)) extra.push({ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }) // PT2
      if (extra.length > 0) spec.tolerations = merge([...(spec.tolerations ?? []), ...extra])
    },
    async validate(request) {
      const own = podSpecOf(request.object!).tolerations ?? []
      if (own.length === 0) return
      const ofNamespace = await annotated(request.namespace, whitelistKey)
      const allowed = ofNamespace ?? configured('whitelist')
      if (allowed.length === 0 || own.every(toleration => allowed.some(wide => covers(wide, toleration)))) return // PT3
      throw relayedStatus({ code: 500, message: `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${ofNamespace === undefined ? 'cluster' : 'namespace'} whitelist` })
    },
  }
}

function readTolerations(text: string): readonly Toleration[] {
  if (text === '') return []
  try {
    return (JSON.parse(text) as Toleration[] | null) ?? []
  } catch (error) {
    throw relayedStatus({ code: 500, message: (error as Error).message })
  }
}

function isBestEffort(spec: PodSpecFields): boolean {
  return ![...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(container => ['requests', 'limits'].some(list => {
    const amounts = fieldAt(container, 'resources', list)
    return isFields(amounts) && (amounts['cpu'] !== undefined || amounts['memory'] !== undefined)
  }))
}

function merge(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = []
  all.forEach((toleration, index) => {
    const isCovered = merged.some(wide => covers(wide, toleration)) || all.slice(index + 1).some(later => !sameValue(later, toleration) && covers(later, toleration))
    if (!isCovered) merged.push(toleration)
  })
  return merged
}

function covers(wide: Toleration, toleration: Toleration): boolean {
  if (sameValue(wide, toleration)) return true
  const [wideKey, wideOperator, wideEffect] = [wide.key ?? '', wide.operator ?? '', wide.effect ?? '']
  if ((toleration.key ?? '') !== wideKey && (wideKey !== '' || wideOperator !== 'Exists')) return false
  if ((toleration.effect ?? '') !== wideEffect && wideEffect !== '') return false
  if (wideEffect === 'NoExecute' && wide.tolerationSeconds !== undefined && (toleration.tolerationSeconds === undefined || toleration.tolerationSeconds > wide.tolerationSeconds)) return false
  if (wideOperator === 'Exists') return true
  return (wideOperator === '' || wideOperator === 'Equal') && toleration.operator === 'Equal' && (toleration.value ?? '') === (wide.value ?? '')
}
