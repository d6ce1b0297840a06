/** Admission as faults make it: slow, refusing, or changing what it should leave alone. */
import { faultPoints } from '../../../base/fault-points.ts'
import { injectedStatus } from '../filters/request-faults.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { AdmissionChain, AdmissionRequest } from './admission.ts'

const admissionFault = faultPoints.define({
  name: 'apiserver.admission', help: 'A write that is about to be admitted. error: the status it is refused with; change: label=value that the object gets, or image=value for the containers of a pod.',
  attributes: ['operation', 'resource', 'subresource', 'namespace', 'name', 'user'], effects: ['delay', 'hold', 'error', 'change'],
})

export function faultyAdmission(inner: AdmissionChain): AdmissionChain {
  return {
    names: inner.names,
    async admit(request) {
      const value = admissionFault.rules === undefined ? undefined : await meet(request)
      const isChanged = await inner.admit(request)
      if (value !== undefined && request.object !== undefined) change(request.object, value) // after what everybody else wanted
      return isChanged
    },
    validate: request => inner.validate(request),
  }
}

/** @returns what the object is to be changed to */
async function meet({ operation, resource, subresource, namespace, name, user }: AdmissionRequest): Promise<string | undefined> {
  try {
    const rule = await admissionFault.meet({ operation, resource, subresource, namespace, name, user: user.name })
    return rule?.effect === 'change' ? String(rule.parameters['value']) : undefined
  } catch (error) {
    throw injectedStatus(error)
  }
}

function change(object: KubeObject, text: string): void {
  const at = text.indexOf('=')
  const [key, value] = [text.slice(0, at), text.slice(at + 1)]
  if (key !== 'image') {
    object.metadata.labels = { ...object.metadata.labels, [key]: value }
    return
  }
  const { containers } = (object as { readonly spec?: { readonly containers?: readonly { image?: string }[] } }).spec ?? {}
  for (const container of containers ?? []) container.image = value
}
