/**
 * What the sources of volumes need that stand both in pods and in PersistentVolumes: network disks and disks of clouds,
 * most of them served by CSI drivers today, all of them still checked as upstream checks them.
 *
 *   VS1  Most need a few fields that are not empty; they are one table.
 *   VS2  The others have rules of their own, one function each.
 * Upstream: pkg/apis/core/validation/validation.go.
 */
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isDns1123Label } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'

type Source = Readonly<Record<string, unknown>>

/** VS1 */
const neededFields: Readonly<Record<string, readonly string[]>> = {
  gcePersistentDisk: ['pdName'], awsElasticBlockStore: ['volumeID'], gitRepo: ['repository'], iscsi: ['targetPortal'], glusterfs: ['endpoints', 'path'], rbd: ['monitors', 'image'], cinder: ['volumeID'],
  cephfs: ['monitors'], flexVolume: ['driver'], azureFile: ['secretName', 'shareName'], vsphereVolume: ['volumePath'], azureDisk: ['diskName', 'diskURI'], photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'], scaleIO: ['gateway', 'system', 'volumeName'], storageos: ['volumeName'],
}

/** VS2 */
const rules: Readonly<Record<string, (source: Source, path: string) => FieldError[]>> = {
  gcePersistentDisk: validatePartition,
  awsElasticBlockStore: validatePartition,
  iscsi: validateIscsi,
  fc: validateFibreChannel,
  flocker: validateFlocker,
  cinder: validateSecretName,
  storageos: (source, path) => [...validateLabel(source, 'volumeName', path), ...validateLabel(source, 'volumeNamespace', path), ...validateSecretName(source, path)],
  flexVolume: validateFlexOptions,
  quobyte: validateQuobyte,
  azureDisk: validateAzureDisk,
}

export function validateCommonSource(kind: string, source: object, path: string): FieldError[] {
  const fields = source as Source
  const missing = (neededFields[kind] ?? []).filter(field => isEmpty(fields[field])).map(field => required(`${path}.${field}`))
  return [...missing, ...(rules[kind]?.(fields, path) ?? [])]
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function textOf(source: Source, field: string): string {
  return typeof source[field] === 'string' ? source[field] : ''
}

function validatePartition({ partition }: Source, path: string): FieldError[] {
  const number = typeof partition === 'number' ? partition : 0
  return number < 0 || number > 255 ? [invalid(`${path}.partition`, number, 'must be between 1 and 255, inclusive')] : []
}

function validateIscsi(source: Source, path: string): FieldError[] {
  const iqn = textOf(source, 'iqn')
  const errors = iqn === '' ? [required(`${path}.iqn`)] : validateInitiator(iqn, `${path}.iqn`)
  errors.push(...inRange(source['lun'] as number | undefined, 0, 255, `${path}.lun`))
  if ((source['chapAuthDiscovery'] === true || source['chapAuthSession'] === true) && source['secretRef'] === undefined) errors.push(required(`${path}.secretRef`))
  const initiator = source['initiatorName']
  return typeof initiator === 'string' ? [...errors, ...validateInitiator(initiator, `${path}.initiatorname`)] : errors
}

function validateInitiator(name: string, path: string): FieldError[] {
  const form = { iqn: /iqn\.\d{4}-\d{2}\.([\w.-]+)(:[^,;*&$|\s]+)$/, eui: /^eui.[0-9A-Za-z]{16}$/, naa: /^naa.[0-9A-Za-z]{32}$/ }[name.slice(0, 3)]
  if (form === undefined) return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')]
  return form.test(name) ? [] : [invalid(path, name, 'must be valid format')]
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: Source, path: string): FieldError[] {
  const [names, ids] = [targetWWNs as string[], wwids as string[]]
  const errors: FieldError[] = []
  if (names.length === 0 && ids.length === 0) errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  if (names.length > 0 && ids.length > 0) errors.push(invalid(`${path}.targetWWNs`, names, 'targetWWNs and wwids can not be specified simultaneously'))
  if (names.length === 0) return errors
  return lun === undefined ? [...errors, required(`${path}.lun`, 'lun is required if targetWWNs is specified')] : [...errors, ...inRange(lun as number, 0, 255, `${path}.lun`)]
}

function validateFlocker(source: Source, path: string): FieldError[] {
  const [name, uuid] = [textOf(source, 'datasetName'), textOf(source, 'datasetUUID')]
  const errors: FieldError[] = []
  if (name === '' && uuid === '') errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (name !== '' && uuid !== '') errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  if (name.includes('/')) errors.push(invalid(`${path}.datasetName`, name, "must not contain '/'"))
  return errors
}

function validateSecretName({ secretRef }: Source, path: string): FieldError[] {
  return secretRef !== undefined && isEmpty((secretRef as Source)['name']) ? [required(`${path}.secretRef.name`)] : []
}

function validateLabel(source: Source, field: string, path: string): FieldError[] {
  const text = textOf(source, field)
  return text === '' ? [] : isDns1123Label(text).map(message => invalid(`${path}.${field}`, text, message))
}

function validateFlexOptions({ options = {} }: Source, path: string): FieldError[] {
  return Object.keys(options as object).flatMap(key => {
    const domain = key.includes('/') ? `.${key.slice(0, key.indexOf('/')).toLowerCase()}` : ''
    return domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io') ? [invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')] : []
  })
}

function validateQuobyte(source: Source, path: string): FieldError[] {
  const text = 'must be a host:port pair or multiple pairs separated by commas'
  const registry = textOf(source, 'registry')
  const errors: FieldError[] = []
  if (registry === '') errors.push(required(`${path}.registry`, text))
  else if (textOf(source, 'tenant').length >= 65) errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  else errors.push(...registry.split(',').filter(pair => !/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair)).map(() => invalid(`${path}.registry`, registry, text)))
  return isEmpty(source['volume']) ? [...errors, required(`${path}.volume`)] : errors
}

function validateAzureDisk(source: Source, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { cachingMode, kind } = source
  const uri = textOf(source, 'diskURI')
  if (cachingMode !== undefined && !['None', 'ReadOnly', 'ReadWrite'].includes(cachingMode as string)) errors.push(notSupported(`${path}.cachingMode`, cachingMode, ['None', 'ReadOnly', 'ReadWrite']))
  if (kind === undefined) return errors
  if (!['Dedicated', 'Managed', 'Shared'].includes(kind as string)) errors.push(notSupported(`${path}.kind`, kind, ['Dedicated', 'Managed', 'Shared']))
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/')) errors.push(notSupported(`${path}.diskURI`, uri, ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}']))
  if (kind !== 'Managed' && !uri.startsWith('https://')) errors.push(notSupported(`${path}.diskURI`, uri, ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd']))
  return errors
}

/** A CSI driver is named by a subdomain of at most 63 characters. */
export function validateDriverName(name: string, path: string, isName: (text: string) => string[]): FieldError[] {
  if (name === '') return [required(path)]
  const long = name.length > 63 ? [{ path, reason: 'FieldValueTooLong' as const, message: 'Too long: may not be more than 63 bytes' }] : []
  return [...long, ...isName(name.toLowerCase()).map(text => invalid(path, name, text))]
}
