/** Volumes and claims carry a finalizer from birth, so that they outlive their users. */
import type { AdmissionPlugin } from './admission.ts'

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
}

export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    concerns: request => request.operation === 'CREATE' && request.subresource === '' && finalizers[request.resource] !== undefined,
    admit(request) {
      const meta = request.object!.metadata
      const finalizer = finalizers[request.resource]!
      if (meta.finalizers?.includes(finalizer) !== true) meta.finalizers = [...(meta.finalizers ?? []), finalizer]
    },
  }
}
