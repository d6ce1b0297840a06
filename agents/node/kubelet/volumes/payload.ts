/**
 * The files of configMap, secret, downwardAPI and projected volumes.
 *
 *   PL1  Without items every key is a file of its name; with items only those, and a key that is missing is an error
 *        unless the source is optional.
 *   PL2  Mode: the item's, else the volume's default (0644); a service account token is 0600 when somebody owns it.
 *   PL3  A path that is absolute or climbs out of the volume is refused.
 *   PL4  In a projected volume a later source overwrites an earlier one's file.
 */
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret, Volume } from '../../../api/groups/core-v1/types.ts'
import { ConfigError, decodeBase64 } from '../pod-worker/environment.ts'
import { FieldPathError, readFieldPath, readResourceField, type RunningPodFacts } from '../pod-worker/field-paths.ts'

export interface PayloadFile {
  readonly data: Uint8Array
  readonly mode: number
}

export type Payload = ReadonlyMap<string, PayloadFile>

export interface TokenRequestSpec {
  readonly audience: string | undefined
  readonly expirationSeconds: number
}

export interface PayloadSources {
  configMap(name: string): Promise<ConfigMap | undefined>
  secret(name: string): Promise<Secret | undefined>
  token(request: TokenRequestSpec): Promise<string>
}

const defaultMode = 0o644

export async function buildPayload(pod: Pod, volume: Volume, sources: PayloadSources, facts: RunningPodFacts): Promise<Payload> {
  const files = new Map<string, PayloadFile>()
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap !== undefined) await addConfigMap(files, configMap, configMap.defaultMode ?? defaultMode, sources)
  if (secret !== undefined) await addSecret(files, { ...secret, ...(secret.secretName === undefined ? {} : { name: secret.secretName }) }, secret.defaultMode ?? defaultMode, sources)
  if (downwardAPI !== undefined) addDownward(files, downwardAPI.items ?? [], downwardAPI.defaultMode ?? defaultMode, pod, facts)
  if (projected !== undefined) await addProjected(files, pod, volume, sources, facts)
  for (const path of files.keys()) checkPath(path)
  return files
}

async function addProjected(files: Map<string, PayloadFile>, pod: Pod, volume: Volume, sources: PayloadSources, facts: RunningPodFacts): Promise<void> {
  const mode = volume.projected?.defaultMode ?? defaultMode
  for (const source of volume.projected?.sources ?? []) { // PL4
    if (source.configMap !== undefined) await addConfigMap(files, source.configMap, mode, sources)
    else if (source.secret !== undefined) await addSecret(files, source.secret, mode, sources)
    else if (source.downwardAPI !== undefined) addDownward(files, source.downwardAPI.items ?? [], mode, pod, facts)
    else if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken
      const token = await sources.token({ audience, expirationSeconds })
      files.set(path, { data: Buffer.from(token), mode: pod.spec.securityContext?.fsGroup !== undefined || commonUser(pod) !== undefined ? 0o600 : mode }) // PL2
    } else throw new ConfigError(`projected volume "${volume.name}" has a source of kind ${Object.keys(source)[0]}, which this kubelet does not support`)
  }
}

interface KeyedSource {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

async function addConfigMap(files: Map<string, PayloadFile>, source: KeyedSource, mode: number, sources: PayloadSources): Promise<void> {
  const found = await sources.configMap(source.name ?? '')
  if (found === undefined && source.optional !== true) throw new ConfigError(`configmap "${source.name}" not found`)
  const data = new Map<string, Uint8Array>()
  for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value))
  for (const [key, value] of Object.entries(found?.binaryData ?? {})) data.set(key, decodeBase64(value))
  addKeys(files, 'configmap', source, data, mode)
}

async function addSecret(files: Map<string, PayloadFile>, source: KeyedSource, mode: number, sources: PayloadSources): Promise<void> {
  const found = await sources.secret(source.name ?? '')
  if (found === undefined && source.optional !== true) throw new ConfigError(`secret "${source.name}" not found`)
  addKeys(files, 'secret', source, new Map(Object.entries(found?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)])), mode)
}

function addKeys(files: Map<string, PayloadFile>, kind: string, source: KeyedSource, data: ReadonlyMap<string, Uint8Array>, mode: number): void {
  if (source.items === undefined || source.items.length === 0) {
    for (const [key, content] of data) files.set(key, { data: content, mode })
    return
  }
  for (const item of source.items) {
    const content = data.get(item.key)
    if (content !== undefined) files.set(item.path, { data: content, mode: item.mode ?? mode })
    else if (source.optional !== true) throw new ConfigError(`${kind} "${source.name}" references non-existent key: ${item.key}`) // PL1
  }
}

function addDownward(files: Map<string, PayloadFile>, items: readonly DownwardAPIVolumeFile[], mode: number, pod: Pod, facts: RunningPodFacts): void {
  for (const item of items) {
    try {
      const text = item.fieldRef !== undefined ? readFieldPath(pod, item.fieldRef.fieldPath, facts) : item.resourceFieldRef !== undefined ? readResourceField(pod, undefined, item.resourceFieldRef, facts) : ''
      files.set(item.path, { data: Buffer.from(text), mode: item.mode ?? mode })
    } catch (error) {
      throw error instanceof FieldPathError ? new ConfigError(error.message) : error
    }
  }
}

function checkPath(path: string): void {
  const parts = path.split('/')
  if (path === '' || path.startsWith('/') || parts.includes('..') || parts.includes('') || path.startsWith('..')) throw new ConfigError(`invalid path in volume: ${JSON.stringify(path)}`) // PL3
}

/** The user every container of the pod runs as, when that is one. */
export function commonUser(pod: Pod): number | undefined {
  const users = new Set([...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(container => container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser))
  return users.size === 1 ? [...users][0] : undefined
}
