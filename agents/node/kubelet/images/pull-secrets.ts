/** Registry credentials out of a pod's imagePullSecrets: those whose registry (and path) fits the image, closest first. */
import type { Secret } from '../../../api/groups/core-v1/types.ts'
import type { ImageAuth } from '../cri/runtime.ts'
import type { ImageReference } from './image-reference.ts'

interface DockerAuth {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
}

export function authsFor(reference: ImageReference, secrets: readonly Secret[]): ImageAuth[] {
  const image = `${reference.registry}/${reference.repository}`
  return secrets
    .flatMap(secret => Object.entries(readAuths(secret)))
    .map(([address, auth]) => ({ prefix: address.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, '').replace(/\/$/, '').replace(/^index\.docker\.io/, 'docker.io'), auth }))
    .filter(({ prefix }) => image === prefix || image.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .map(({ prefix, auth }) => ({
      serverAddress: prefix,
      ...(auth.username === undefined ? {} : { username: auth.username }),
      ...(auth.password === undefined ? {} : { password: auth.password }),
      ...(auth.auth === undefined ? {} : { auth: auth.auth }),
      ...(auth.identitytoken === undefined ? {} : { identityToken: auth.identitytoken }),
    }))
}

function readAuths(secret: Secret): Record<string, DockerAuth> {
  try {
    const modern = secret.data?.['.dockerconfigjson']
    if (modern !== undefined) return (JSON.parse(Buffer.from(modern, 'base64').toString('utf8')) as { auths?: Record<string, DockerAuth> }).auths ?? {}
    const older = secret.data?.['.dockercfg']
    return older === undefined ? {} : (JSON.parse(Buffer.from(older, 'base64').toString('utf8')) as Record<string, DockerAuth>)
  } catch {
    return {}
  }
}
