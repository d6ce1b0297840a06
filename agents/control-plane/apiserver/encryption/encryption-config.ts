/**
 * --encryption-provider-config: which resources are encrypted, with which keys. EncryptionConfiguration of
 * apiserver.config.k8s.io/v1; upstream: apiserver/pkg/server/options/encryptionconfig.
 *
 *   EC1  A resource is "secrets" or "deployments.apps"; "*." is the core group, "*.apps" a group, "*.*" everything. The
 *        first entry that names a resource decides.
 *   EC2  Providers: identity, aescbc, aesgcm, secretbox. KMS is refused by name.
 *   EC3  Every error names its line and column; a secret never appears in one.
 */
import { invalid, required } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { ConfigFileError } from '../config-files/positioned-yaml.ts'
import type { PositionedYaml } from '../config-files/positioned-yaml.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { cbcCipher, gcmCipher, secretboxCipher } from './value-ciphers.ts'
import type { ValueCipher } from './value-ciphers.ts'
import { plainValues, ValueTransformer } from './value-transformer.ts'
import type { ValueKey } from './value-transformer.ts'

export interface EncryptionConfig {
  transformerOf(group: string, resource: string): ValueTransformer
}

interface Provider {
  readonly keySizes: readonly number[]
  cipher(key: Uint8Array): ValueCipher
}

const providers: Readonly<Record<string, Provider>> = {
  aescbc: { keySizes: [16, 24, 32], cipher: cbcCipher },
  aesgcm: { keySizes: [16, 24, 32], cipher: gcmCipher },
  secretbox: { keySizes: [32], cipher: secretboxCipher },
}
const keysShape = { keys: { '*': { name: true, secret: true } } } as const
const shape = { apiVersion: true, kind: true, resources: { '*': { resources: true, providers: { '*': { identity: true, aescbc: keysShape, aesgcm: keysShape, secretbox: keysShape, kms: true } } } } } as const

export function readEncryptionConfig(file: PositionedYaml): EncryptionConfig {
  const config = file.value
  const [apiVersion, kind] = [textAt(config, 'apiVersion'), textAt(config, 'kind')]
  if (apiVersion !== 'apiserver.config.k8s.io/v1' || kind !== 'EncryptionConfiguration') throw new ConfigFileError(`${file.place(['kind'])}: got unexpected config type: ${apiVersion}, Kind=${kind}; apiserver.config.k8s.io/v1, Kind=EncryptionConfiguration is supported`)
  const unknown = file.unknownFields(shape)
  if (unknown.length > 0) throw new ConfigFileError(unknown.join('\n'))
  const entries = listAt(config, 'resources')
  file.refuse(entries.length === 0 ? [required('resources', 'at least one resources is required')] : entries.flatMap((entry, index) => entryErrors(entry, `resources[${index}]`)))
  const compiled = entries.map(entry => ({ resources: (listAt(entry, 'resources') as string[]).map(readResource), transformer: new ValueTransformer(listAt(entry, 'providers').flatMap(keysOf)) }))
  return {
    transformerOf: (group, resource) => compiled.find(({ resources }) => resources.some(of => (of.group === '*' || of.group === group) && (of.resource === '*' || of.resource === resource)))?.transformer ?? plainValues, // EC1
  }
}

function readResource(text: string): { readonly group: string; readonly resource: string } {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { resource: text.slice(0, dot), group: text.slice(dot + 1) }
}

function keysOf(provider: unknown): ValueKey[] {
  if (isFields(provider) && 'identity' in provider) return [{ prefix: Buffer.alloc(0), cipher: undefined }]
  const [name, { cipher }] = Object.entries(providers).find(([known]) => isFields(provider) && known in provider)!
  return listAt(provider, name, 'keys').map(key => ({ prefix: Buffer.from(`k8s:enc:${name}:v1:${textAt(key, 'name')}:`), cipher: cipher(new Uint8Array(Buffer.from(textAt(key, 'secret'), 'base64'))) }))
}

function entryErrors(entry: unknown, path: string): FieldError[] {
  const resources = listAt(entry, 'resources') as readonly string[]
  const given = listAt(entry, 'providers')
  const errors: FieldError[] = []
  if (resources.length === 0) errors.push(required(`${path}.resources`, `at least one ${path}.resources is required`))
  errors.push(...resourceErrors(resources, `${path}.resources`))
  if (given.length === 0) errors.push(required(`${path}.providers`, `at least one ${path}.providers is required`))
  given.forEach((provider, index) => errors.push(...providerErrors(provider, `${path}.providers[${index}]`)))
  return errors
}

function resourceErrors(resources: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = []
  resources.forEach((text, index) => {
    const { group, resource } = readResource(text)
    const at = `${path}[${index}]`
    if (/[A-Z]/.test(text)) errors.push(invalid(at, text, 'resource name should not contain capital letters'))
    if (text === '*') errors.push(invalid(at, text, "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"))
    if (group === 'events.k8s.io' || text === '*.events.k8s.io') errors.push(invalid(at, text, "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"))
    if (group === 'extensions') errors.push(invalid(at, text, "'extensions' group has been removed and cannot be used for encryption"))
    if (group === '*' && resource !== '*') errors.push(invalid(at, text, 'encrypting the same resource across groups is not supported'))
    if (['serviceipallocations', 'servicenodeportallocations'].includes(resource) || text === 'apiserveripinfo') errors.push(invalid(at, text, 'resources which do not have REST API/s cannot be encrypted'))
  })
  if (new Set(resources).size < resources.length) errors.push(invalid(path, resources, 'the same resource cannot be specified multiple times'))
  const parsed = [...new Set(resources)].map(readResource)
  const overlaps = parsed.length > 1 && parsed.some((one, at) => parsed.some((other, elsewhere) => at !== elsewhere && ((one.group === '*' && one.resource === '*') || (one.group === other.group && one.resource === '*'))))
  if (overlaps) errors.push(invalid(path, resources, "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked"))
  return errors
}

function providerErrors(provider: unknown, path: string): FieldError[] {
  const names = isFields(provider) ? Object.keys(provider as Fields) : []
  if (names.length > 1) return [invalid(path, names, 'more than one provider specified in a single element, should split into different list elements')]
  const [name] = names
  if (name === undefined) return [required(path, 'at least one provider is required')]
  if (name === 'identity') return []
  if (name === 'kms') return [invalid(`${path}.kms`, textAt(provider, 'kms', 'name'), 'KMS providers are not supported by this server; use aescbc, aesgcm or secretbox')] // EC2
  const keys = listAt(provider, name, 'keys')
  if (keys.length === 0) return [required(`${path}.${name}.keys`, `at least one ${path}.${name}.keys is required`)]
  return keys.flatMap((key, index) => keyErrors(key, `${path}.${name}.keys[${index}]`, providers[name]!.keySizes))
}

/** EC3 */
function keyErrors(key: unknown, path: string, sizes: readonly number[]): FieldError[] {
  const errors: FieldError[] = []
  if (textAt(key, 'name') === '') errors.push(required(`${path}.name`, 'name is a mandatory field for a key'))
  const secret = fieldAt(key, 'secret')
  if (typeof secret !== 'string' || secret === '') return [...errors, required(`${path}.secret`, 'secret is a mandatory field for a key')]
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(secret)) return [...errors, invalid(`${path}.secret`, 'REDACTED', 'secrets must be base64 encoded')]
  const size = Buffer.from(secret, 'base64').length
  if (!sizes.includes(size)) errors.push(invalid(`${path}.secret`, 'REDACTED', `secret is not of the expected length, got ${size}, expected one of [${sizes.join(' ')}]`))
  return errors
}
