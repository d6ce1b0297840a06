/**
 * A container's environment variables, in upstream's order: service variables, then envFrom, then env; later ones win.
 *
 *   EN1  env values may name earlier variables and the service ones: $(NAME).
 *   EN2  A missing optional ConfigMap, Secret or key is skipped; a missing required one throws ConfigError (the container
 *        is then CreateContainerConfigError).
 *   EN3  envFrom keys get the prefix; keys that are no variable names are skipped and reported.
 *   EN4  Service variables: those of the pod's namespace when enableServiceLinks is not false, and always those of
 *        default/kubernetes.
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../../../api/groups/core-v1/types.ts'
import { FieldPathError, readFieldPath, readResourceField, type RunningPodFacts } from './field-paths.ts'
import { expandVariables } from './variable-expansion.ts'

/** Something the pod refers to is missing or wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface EnvironmentSources {
  configMap(name: string): Promise<ConfigMap | undefined>
  secret(name: string): Promise<Secret | undefined>
  services(): readonly Service[]
}

export interface Variable {
  readonly key: string
  readonly value: string
}

export interface Environment {
  readonly variables: readonly Variable[]
  /** Keys of envFrom that cannot be variable names, for an event. */
  readonly skipped: readonly string[]
}

export async function buildEnvironment(pod: Pod, container: Container, sources: EnvironmentSources, facts: RunningPodFacts): Promise<Environment> {
  const serviceVariables = serviceEnvironment(sources.services(), pod.metadata.namespace ?? 'default', pod.spec.enableServiceLinks !== false)
  const result = new Map<string, string>()
  const skipped: string[] = []
  for (const [key, value] of await readEnvFrom(container, sources)) {
    if (/^[^=\0]+$/.test(key) && key !== '') result.set(key, value)
    else skipped.push(key) // EN3
  }
  const mapping = new Map<string, string>(result)
  for (const [key, value] of serviceVariables) if (!mapping.has(key)) mapping.set(key, value)
  for (const variable of container.env ?? []) {
    const value = await readVariable(variable, pod, container, sources, facts, name => mapping.get(name))
    if (value === undefined) continue
    result.set(variable.name, value)
    mapping.set(variable.name, value)
  }
  for (const [key, value] of serviceVariables) if (!result.has(key)) result.set(key, value)
  return { variables: [...result].map(([key, value]) => ({ key, value })), skipped }
}

async function readEnvFrom(container: Container, sources: EnvironmentSources): Promise<[string, string][]> {
  const pairs: [string, string][] = []
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const found = await sources.configMap(configMapRef.name ?? '')
      if (found === undefined && configMapRef.optional !== true) throw new ConfigError(`configmap "${configMapRef.name}" not found`) // EN2
      for (const [key, value] of Object.entries(found?.data ?? {})) pairs.push([prefix + key, value])
    } else if (secretRef !== undefined) {
      const found = await sources.secret(secretRef.name ?? '')
      if (found === undefined && secretRef.optional !== true) throw new ConfigError(`secret "${secretRef.name}" not found`)
      for (const [key, value] of Object.entries(found?.data ?? {})) pairs.push([prefix + key, decodeBase64(value).toString('utf8')])
    }
  }
  return pairs
}

async function readVariable(variable: EnvVar, pod: Pod, container: Container, sources: EnvironmentSources, facts: RunningPodFacts, known: (name: string) => string | undefined): Promise<string | undefined> {
  const source = variable.valueFrom
  if (source === undefined) return expandVariables(variable.value ?? '', known) // EN1
  try {
    if (source.fieldRef !== undefined) return readFieldPath(pod, source.fieldRef.fieldPath, facts)
    if (source.resourceFieldRef !== undefined) return readResourceField(pod, container, source.resourceFieldRef, facts)
  } catch (error) {
    throw error instanceof FieldPathError ? new ConfigError(error.message) : error
  }
  if (source.configMapKeyRef !== undefined) return readKey('configmap', source.configMapKeyRef, (await sources.configMap(source.configMapKeyRef.name ?? ''))?.data)
  if (source.secretKeyRef !== undefined) {
    const found = await sources.secret(source.secretKeyRef.name ?? '')
    const value = readKey('secret', source.secretKeyRef, found?.data)
    return value === undefined ? undefined : decodeBase64(value).toString('utf8')
  }
  throw new ConfigError(`environment variable ${variable.name} has a source that is not supported`)
}

function readKey(kind: string, selector: { readonly name?: string; readonly key: string; readonly optional?: boolean }, data: Readonly<Record<string, string>> | undefined): string | undefined {
  const value = data !== undefined && Object.hasOwn(data, selector.key) ? data[selector.key] : undefined
  if (value === undefined && selector.optional !== true) { // EN2
    throw new ConfigError(data === undefined ? `${kind} "${selector.name}" not found` : `couldn't find key ${selector.key} in ${kind} ${selector.name}`)
  }
  return value
}

export function decodeBase64(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

/** Docker-link style variables of Services that have a cluster address. Upstream: kubelet/envvars. */
export function serviceEnvironment(services: readonly Service[], namespace: string, ownNamespace: boolean): Map<string, string> {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const isMaster = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes'
    const isOwn = service.metadata.namespace === namespace && ownNamespace
    if (!hasClusterAddress(service) || (!isMaster && !isOwn)) continue
    if (isOwn || !chosen.has(service.metadata.name)) chosen.set(service.metadata.name, service) // EN4
  }
  const variables = new Map<string, string>()
  for (const service of chosen.values()) addServiceVariables(variables, service)
  return variables
}

function hasClusterAddress(service: Service): boolean {
  const address = service.spec?.clusterIP
  return address !== undefined && address !== '' && address !== 'None'
}

function addServiceVariables(variables: Map<string, string>, service: Service): void {
  const name = service.metadata.name.toUpperCase().replaceAll('-', '_')
  const address = service.spec?.clusterIP ?? ''
  const host = address.includes(':') ? `[${address}]` : address
  const ports = service.spec?.ports ?? []
  const first = ports[0]
  variables.set(`${name}_SERVICE_HOST`, address)
  if (first === undefined) return
  variables.set(`${name}_SERVICE_PORT`, String(first.port))
  for (const port of ports) {
    if (port.name !== undefined && port.name !== '') variables.set(`${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port))
  }
  for (const [index, port] of ports.entries()) {
    const protocol = port.protocol ?? 'TCP'
    const url = `${protocol.toLowerCase()}://${host}:${port.port}`
    if (index === 0) variables.set(`${name}_PORT`, url)
    const prefix = `${name}_PORT_${port.port}_${protocol}`
    variables.set(prefix, url)
    variables.set(`${prefix}_PROTO`, protocol.toLowerCase())
    variables.set(`${prefix}_PORT`, String(port.port))
    variables.set(`${prefix}_ADDR`, address)
  }
}
