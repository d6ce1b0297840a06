/** Files of the downward API in volumes: a path, and exactly one of a field of the pod or a resource of a container. */
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isQualifiedName } from '../../validation/names.ts'
import type { DownwardAPIVolumeFile, ObjectFieldSelector, ResourceFieldSelector } from './types.ts'

const fileFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']
/** Fields that the downward API knows, though not all of them in files. */
const knownFields = new Set([...fileFields, 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'spec.schedulerName', 'status.phase', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs', 'spec.host'])
const resources = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory']

/** Rules of path and mode are the caller's. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  if (file.fieldRef !== undefined) {
    const both = file.resourceFieldRef === undefined ? [] : [invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
    return [...validateField(file.fieldRef, `${path}.fieldRef`), ...both]
  }
  if (file.resourceFieldRef !== undefined) return validateResource(file.resourceFieldRef, `${path}.resourceFieldRef`)
  return [required(path, 'one of fieldRef and resourceFieldRef is required')]
}

function validateField({ fieldPath }: ObjectFieldSelector, path: string): FieldError[] {
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  const subscript = /^(.*)\['([^']*)'\]$/.exec(fieldPath)
  const base = subscript?.[1] ?? fieldPath
  if (!knownFields.has(base)) return [invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)]
  if (subscript === null) return fileFields.includes(base) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, fileFields)]
  if (base === 'metadata.annotations') return isQualifiedName(subscript[2]!.toLowerCase()).map(text => invalid(path, subscript[2], text))
  if (base === 'metadata.labels') return isQualifiedName(subscript[2]!).map(text => invalid(path, subscript[2], text))
  return [invalid(path, base, 'does not support subscript')]
}

function validateResource({ containerName = '', resource }: ResourceFieldSelector, path: string): FieldError[] {
  if (containerName === '') return [required(`${path}.containerName`)]
  if (resource === '') return [required(`${path}.resource`)]
  return resources.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource) ? [] : [notSupported(`${path}.resource`, resource, resources)]
}
