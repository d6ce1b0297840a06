/**
 * AlwaysPullImages: every pod proves that it may have its images. Upstream: plugin/pkg/admission/alwayspullimages.
 *
 *   AP1  All containers and image volumes pull Always; what later plugins made of that is checked.
 *   AP2  An update that brings no new image is left alone.
 */
import { fieldErrorText, notSupported } from '../../../api/field-error.ts'
import { forbidden } from '../http/api-error.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { isPodWrite } from './pod-fields.ts'

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

function containersOf(pod: KubeObject | undefined): { path: string; container: Fields }[] {
  return lists.flatMap(list => listAt(pod, 'spec', list).map((container, index) => ({ path: `spec.${list}[${index}]`, container: container as Fields })))
}

function imageVolumesOf(pod: KubeObject): { path: string; image: Fields }[] {
  return listAt(pod, 'spec', 'volumes').flatMap((volume, index) => {
    const image = isFields(volume) ? volume['image'] : undefined
    return isFields(image) ? [{ path: `spec.volumes[${index}].image`, image }] : []
  })
}

/** AP2 */
function bringsImages(request: AdmissionRequest): boolean {
  if (request.operation === 'CREATE') return true
  const known = new Set(containersOf(request.oldObject).map(({ container }) => textAt(container, 'image')))
  return containersOf(request.object).some(({ container }) => !known.has(textAt(container, 'image')))
}

export function alwaysPullImages(): AdmissionPlugin {
  return {
    name: 'AlwaysPullImages',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE') && bringsImages(request),
    admit({ object }) {
      for (const { container } of containersOf(object)) container['imagePullPolicy'] = 'Always' // AP1
      for (const { image } of imageVolumesOf(object!)) image['pullPolicy'] = 'Always'
    },
    validate(request) {
      const wrong = [
        ...containersOf(request.object).map(({ path, container }) => ({ path: `${path}.imagePullPolicy`, policy: textAt(container, 'imagePullPolicy') })),
        ...imageVolumesOf(request.object!).map(({ path, image }) => ({ path: `${path}.pullPolicy`, policy: textAt(image, 'pullPolicy') })),
      ].find(({ policy }) => policy !== 'Always')
      if (wrong !== undefined) throw forbidden(request, shownName(request), fieldErrorText(notSupported(wrong.path, wrong.policy, ['Always'])))
    },
  }
}
