/**
 * Who the API server is to admission webhooks: the users of a kubeconfig, chosen by the host that is called.
 * Upstream: apiserver/pkg/util/webhook/authentication.go; WebhookAdmissionConfiguration of the admission configuration file.
 *
 *   WK1  "host:port" goes before "*.domain:port", and for port 443 the same without a port; then "*", then the user of the
 *        current context. A nearer wildcard goes before a wider one.
 *   WK2  Token files are read for every call, since tokens are replaced.
 *   WK3  Impersonation, passwords and plugins (exec, auth-provider) are refused by name.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import type { WebhookCredentials } from './webhook-client.ts'

export type CredentialsFor = (hostPort: string) => WebhookCredentials | undefined

/** Of a plugin's configuration; undefined when it names no kubeconfig. */
export function readWebhookCredentials(plugin: string, configuration: unknown, folder: string): CredentialsFor | undefined {
  if (!isFields(configuration)) return undefined
  if (textAt(configuration, 'kind') !== 'WebhookAdmissionConfiguration' && textAt(configuration, 'kind') !== 'WebhookAdmission') throw new Error(`${plugin}: configuration must be WebhookAdmissionConfiguration`)
  if (textAt(configuration, 'staticManifestsDir') !== '') throw new Error(`${plugin}: staticManifestsDir is not supported: the feature gate ManifestBasedAdmissionControlConfig is off`)
  const file = textAt(configuration, 'kubeConfigFile')
  return file === '' ? undefined : readCredentials(resolve(folder, file))
}

export function readCredentials(file: string): CredentialsFor {
  const config: unknown = parse(readFileSync(file, 'utf8'))
  const users = new Map<string, WebhookCredentials>()
  for (const entry of listAt(config, 'users')) users.set(textAt(entry, 'name'), credentialsOf((fieldAt(entry, 'user') ?? {}) as Fields, file, textAt(entry, 'name')))
  const context = listAt(config, 'contexts').find(entry => textAt(entry, 'name') === textAt(config, 'current-context'))
  const current = textAt(context, 'context', 'user')
  return hostPort => { // WK1
    const names = [...namesFor(hostPort), ...(hostPort.endsWith(':443') ? namesFor(hostPort.slice(0, -':443'.length)) : []), '*', current]
    const found = names.find(name => users.has(name))
    return found === undefined ? undefined : users.get(found)
  }
}

function namesFor(target: string): string[] {
  const steps = target.split('.')
  return [target, ...steps.slice(1).map((_, index) => `*.${steps.slice(index + 1).join('.')}`)]
}

function credentialsOf(user: Fields, file: string, name: string): WebhookCredentials {
  for (const field of ['exec', 'auth-provider', 'as', 'username', 'password']) if (user[field] !== undefined) throw new Error(`${file}: user ${JSON.stringify(name)}: ${field} is not supported`) // WK3
  const pem = (field: string): string | undefined => {
    const data = textAt(user, `${field}-data`)
    if (data !== '') return Buffer.from(data, 'base64').toString('utf8')
    const path = textAt(user, field)
    return path === '' ? undefined : readFileSync(resolve(dirname(file), path), 'utf8')
  }
  const [clientCert, clientKey] = [pem('client-certificate'), pem('client-key')]
  const token = textAt(user, 'token')
  const tokenFile = textAt(user, 'tokenFile')
  const readToken = token !== '' ? () => token : tokenFile === '' ? undefined : () => readFileSync(resolve(dirname(file), tokenFile), 'utf8').trim() // WK2
  return { ...(clientCert === undefined || clientKey === undefined ? {} : { clientCert, clientKey }), ...(readToken === undefined ? {} : { token: readToken }) }
}
