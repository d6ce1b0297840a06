/**
 * Reads the credentials a component connects with: a kubeconfig file, or what a pod is given.
 *
 *   KC1  current-context chooses; inline …-data wins over a file; relative file names are relative to the kubeconfig.
 *   KC2  A kubeconfig that cannot serve (no such context, cluster or user) is refused, naming what is missing.
 *   KC3  exec and auth-provider plugins are refused by name.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'

export interface ServerCredentials {
  /** "https://host:port", without a trailing slash; a path prefix is allowed. */
  readonly server: string
  readonly ca?: string
  readonly clientCert?: string
  readonly clientKey?: string
  readonly token?: string
  /** Read again every minute, since tokens of pods are replaced while they run. */
  readonly tokenFile?: string
  readonly serverName?: string
  readonly insecureSkipVerify?: boolean
  /** The context's namespace. */
  readonly namespace?: string
}

export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError'
}

interface Named {
  readonly name: string
  readonly [key: string]: unknown
}

export function readKubeconfig(path: string, contextName?: string): ServerCredentials {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new KubeconfigError(`cannot read kubeconfig ${path}: ${(error as Error).message}`)
  }
  return readKubeconfigText(text, path, contextName)
}

export function readKubeconfigText(text: string, path: string, contextName?: string): ServerCredentials {
  const refuse = (why: string): KubeconfigError => new KubeconfigError(`kubeconfig ${path}: ${why}`)
  let config: Record<string, unknown>
  try {
    config = parse(text) as Record<string, unknown>
  } catch (error) {
    throw refuse((error as Error).message)
  }
  const one = (list: string, kind: string, name: unknown): Record<string, unknown> => {
    const found = ((config?.[list] ?? []) as Named[]).find(entry => entry.name === name)
    if (found === undefined) throw refuse(`no ${kind} named ${JSON.stringify(name)}`) // KC2
    return (found[kind] ?? {}) as Record<string, unknown>
  }
  const chosen = contextName ?? config?.['current-context']
  if (chosen === undefined || chosen === '') throw refuse('no current-context')
  const context = one('contexts', 'context', chosen)
  const cluster = one('clusters', 'cluster', context['cluster'])
  const user = one('users', 'user', context['user'])
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined) throw refuse('exec and auth-provider credentials are not supported') // KC3
  const server = cluster['server']
  if (typeof server !== 'string' || !URL.canParse(server)) throw refuse('the cluster has no valid server address')

  const pem = (holder: Record<string, unknown>, key: string): string | undefined => {
    const data = holder[`${key}-data`]
    if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8') // KC1
    const file = holder[key]
    if (typeof file !== 'string' || file === '') return undefined
    try {
      return readFileSync(resolve(dirname(path), file), 'utf8')
    } catch (error) {
      throw refuse(`cannot read ${key}: ${(error as Error).message}`)
    }
  }
  return present({
    server: server.replace(/\/+$/, ''),
    ca: pem(cluster, 'certificate-authority'),
    clientCert: pem(user, 'client-certificate'),
    clientKey: pem(user, 'client-key'),
    token: user['token'] as string | undefined,
    tokenFile: typeof user['tokenFile'] === 'string' ? resolve(dirname(path), user['tokenFile']) : undefined,
    serverName: cluster['tls-server-name'] as string | undefined,
    insecureSkipVerify: cluster['insecure-skip-tls-verify'] as boolean | undefined,
    namespace: context['namespace'] as string | undefined,
  })
}

const podSecrets = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The credentials of a pod's service account. */
export function inClusterConfig(environment: Readonly<Record<string, string | undefined>> = process.env, folder = podSecrets): ServerCredentials {
  const host = environment['KUBERNETES_SERVICE_HOST']
  const port = environment['KUBERNETES_SERVICE_PORT']
  if (host === undefined || port === undefined) {
    throw new KubeconfigError('not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; give --kubeconfig')
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(`${folder}/ca.crt`, 'utf8'),
    tokenFile: `${folder}/token`,
    namespace: readFileSync(`${folder}/namespace`, 'utf8').trim(),
  }
}

function present(credentials: { readonly [Key in keyof ServerCredentials]: ServerCredentials[Key] | undefined }): ServerCredentials {
  return Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== undefined)) as unknown as ServerCredentials
}
