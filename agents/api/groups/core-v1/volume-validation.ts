/** Rules of a pod's volumes: a unique DNS label for a name, exactly one source, and what each source needs. */
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import { inRange, nonNegativeQuantity } from '../../validation/numbers.ts'
import { validateClaimAt } from './persistent-volume-claim.ts'
import { volumeSources } from './pod-spec-defaults.ts'
import { validateDownwardFile } from './downward-validation.ts'
import { validateCommonSource, validateDriverName } from './volume-source-validation.ts'
import type { ClusterTrustBundleProjection, DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume } from './types.ts'

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

export function validateVolumes(volumes: readonly Volume[], path: string): { errors: FieldError[]; names: Set<string> } {
  const names = new Set<string>()
  const errors = volumes.flatMap((volume, index) => {
    const at = `${path}[${index}]`
    const found = validateSource(volume, at)
    if (volume.name === '') found.push(required(`${at}.name`))
    else found.push(...isDns1123Label(volume.name).map(text => invalid(`${at}.name`, volume.name, text)))
    if (names.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name))
    if (found.length === 0) names.add(volume.name)
    return found
  })
  return { errors, names }
}

function validateSource(volume: Volume, path: string): FieldError[] {
  const used = volumeSources.filter(source => volume[source] !== undefined)
  if (used.length === 0) return [required(path, 'must specify a volume type')]
  const errors = used.slice(1).map(source => forbidden(`${path}.${source}`, 'may not specify more than 1 volume type'))
  return [...errors, ...validateOneSource({ name: volume.name, [used[0]!]: volume[used[0]!] }, path)]
}

function validateOneSource(volume: Volume, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (volume.emptyDir?.sizeLimit !== undefined) errors.push(...nonNegativeQuantity(volume.emptyDir.sizeLimit, `${path}.emptyDir.sizeLimit`).map(() => forbidden(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity')))
  if (volume.hostPath !== undefined) errors.push(...validateHostPath(volume.hostPath.path, volume.hostPath.type, `${path}.hostPath`))
  if (volume.configMap !== undefined) {
    if ((volume.configMap.name ?? '') === '') errors.push(required(`${path}.configMap.name`))
    errors.push(...validateMode(volume.configMap.defaultMode, `${path}.configMap.defaultMode`), ...validateItems(volume.configMap.items, `${path}.configMap.items`))
  }
  if (volume.secret !== undefined) {
    if ((volume.secret.secretName ?? '') === '') errors.push(required(`${path}.secret.secretName`))
    errors.push(...validateMode(volume.secret.defaultMode, `${path}.secret.defaultMode`), ...validateItems(volume.secret.items, `${path}.secret.items`))
  }
  if (volume.persistentVolumeClaim !== undefined && volume.persistentVolumeClaim.claimName === '') errors.push(required(`${path}.persistentVolumeClaim.claimName`))
  if (volume.nfs !== undefined) {
    if (volume.nfs.server === '') errors.push(required(`${path}.nfs.server`))
    if (volume.nfs.path === '') errors.push(required(`${path}.nfs.path`))
    if (!volume.nfs.path.startsWith('/')) errors.push(invalid(`${path}.nfs.path`, volume.nfs.path, 'must be an absolute path'))
  }
  if (volume.projected !== undefined) errors.push(...validateProjected(volume.projected, `${path}.projected`))
  if (volume.downwardAPI !== undefined) errors.push(...validateMode(volume.downwardAPI.defaultMode, `${path}.downwardAPI.defaultMode`), ...validateDownwardFiles(volume.downwardAPI.items, `${path}.downwardAPI`))
  if (volume.csi !== undefined) {
    errors.push(...validateDriverName(volume.csi.driver, `${path}.csi.driver`, isDns1123Subdomain))
    if (volume.csi.nodePublishSecretRef !== undefined && (volume.csi.nodePublishSecretRef.name ?? '') === '') errors.push(required(`${path}.csi.nodePublishSecretRef.name`))
  }
  if (volume.ephemeral !== undefined) {
    const template = volume.ephemeral.volumeClaimTemplate
    errors.push(...(template === undefined ? [required(`${path}.ephemeral.volumeClaimTemplate`)] : validateClaimAt(template.spec, `${path}.ephemeral.volumeClaimTemplate.spec`)))
  }
  if (volume.image !== undefined) {
    if ((volume.image.reference ?? '') === '') errors.push(required(`${path}.image.reference`))
    if (!['Always', 'IfNotPresent', 'Never'].includes(volume.image.pullPolicy ?? '')) errors.push(notSupported(`${path}.image.pullPolicy`, volume.image.pullPolicy ?? '', ['Always', 'IfNotPresent', 'Never']))
  }
  if (volume.gitRepo?.directory !== undefined) errors.push(...validatePath(volume.gitRepo.directory, `${path}.gitRepo.directory`, true))
  for (const source of volumeSources) if (volume[source] !== undefined) errors.push(...validateCommonSource(source, volume[source], `${path}.${source === 'gcePersistentDisk' ? 'persistentDisk' : source}`)) // as upstream names it
  return errors
}

export function validateHostPath(hostPath: string, type: string | undefined, path: string): FieldError[] {
  if (hostPath === '') return [required(`${path}.path`)]
  const errors: FieldError[] = []
  if (hostPath.split('/').includes('..')) errors.push(invalid(`${path}.path`, hostPath, "must not contain '..'"))
  if (type !== undefined && !hostPathTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, hostPathTypes))
  return errors
}

function validateMode(mode: number | undefined, path: string): FieldError[] {
  return inRange(mode, 0, 0o777, path).map(() => invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'))
}

function validateItems(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (item.key === '') errors.push(required(`${at}.key`))
    errors.push(...validatePath(item.path, `${at}.path`), ...validateMode(item.mode, `${at}.mode`))
    return errors
  })
}

/** Upstream says where the volume is, not which file. */
function validateDownwardFiles(files: readonly DownwardAPIVolumeFile[] | undefined, path: string): FieldError[] {
  return (files ?? []).flatMap(file => [...validatePath(file.path, `${path}.path`), ...validateDownwardFile(file, path), ...validateMode(file.mode, `${path}.mode`)])
}

function validatePath(text: string, path: string, mayBeEmpty = false): FieldError[] {
  if (text === '') return mayBeEmpty ? [] : [required(path)]
  if (text.startsWith('/')) return [invalid(path, text, 'must be a relative path')]
  if (text.split('/').includes('..')) return [invalid(path, text, "must not contain '..'")]
  return text.startsWith('..') ? [invalid(path, text, "must not start with '..'")] : []
}

function validateProjected(projected: ProjectedVolumeSource, path: string): FieldError[] {
  const errors = validateMode(projected.defaultMode, `${path}.defaultMode`)
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const at = `${path}.sources[${index}]`
    const count = Object.values(source).filter(each => each !== undefined).length
    if (count > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type'))
    if (source.secret !== undefined && (source.secret.name ?? '') === '') errors.push(required(`${at}.secret.name`))
    if (source.configMap !== undefined && (source.configMap.name ?? '') === '') errors.push(required(`${at}.configMap.name`))
    errors.push(...validateItems(source.secret?.items, `${at}.secret.items`), ...validateItems(source.configMap?.items, `${at}.configMap.items`), ...validateDownwardFiles(source.downwardAPI?.items, `${at}.downwardAPI`))
    errors.push(...validateTrustBundle(source.clusterTrustBundle, `${at}.clusterTrustBundle`))
    const token = source.serviceAccountToken
    if (token === undefined) continue
    const seconds = token.expirationSeconds ?? 3600
    if (seconds < 600) errors.push(invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
    if (seconds > 2 ** 32) errors.push(invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
    errors.push(...validatePath(token.path, `${path}.path`)) // upstream names no source
  }
  return errors
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection | undefined, path: string): FieldError[] {
  if (bundle === undefined) return []
  const errors: FieldError[] = []
  if (bundle.name !== undefined && bundle.signerName !== undefined) errors.push(invalid(path, bundle, 'only one of name and signerName may be used'))
  else if (bundle.name !== undefined) {
    if (bundle.name === '') errors.push(required(`${path}.name`, 'must be a valid object name'))
    if (bundle.labelSelector !== undefined) errors.push(invalid(`${path}.labelSelector`, bundle.labelSelector, 'labelSelector must be unset if name is specified'))
  } else if (bundle.signerName === undefined) errors.push(required(path, 'either name or signerName must be specified'))
  else if (bundle.signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'))
  return [...errors, ...validatePath(bundle.path, `${path}.path`)]
}
