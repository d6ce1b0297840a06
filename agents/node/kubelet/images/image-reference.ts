/**
 * Image names.
 *
 *   IR1  A name without a registry is one of docker.io, and without a slash of its library; without tag and digest it is
 *        ":latest".
 *   IR2  A name that is no name at all is refused (InvalidImageName).
 * Upstream: distribution/reference.
 */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domain = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?))*(?::[0-9]+)?|\\[[a-fA-F0-9:]+\\](?::[0-9]+)?'
const pattern = new RegExp(`^(?:(${domain})/)?(${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`)

export interface ImageReference {
  readonly registry: string
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
  /** The whole name as the runtime wants it. */
  readonly text: string
}

export function readImageReference(image: string): ImageReference | undefined {
  if (image.length > 4096 || /^[a-f0-9]{64}$/.test(image)) return undefined
  const match = pattern.exec(image)
  if (match === null) return undefined
  const [, first, rest, tag, digest] = match
  const hasRegistry = first !== undefined && (/[.:]/.test(first) || first === 'localhost' || /[A-Z]/.test(first))
  const path = hasRegistry || first === undefined ? rest! : `${first}/${rest}`
  const registry = hasRegistry ? first : 'docker.io'
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  const chosenTag = tag ?? (digest === undefined ? 'latest' : undefined) // IR1
  const text = `${registry}/${repository}${chosenTag === undefined ? '' : `:${chosenTag}`}${digest === undefined ? '' : `@${digest}`}`
  return { registry, repository, tag: chosenTag, digest, text }
}

export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const reference = readImageReference(image)
  return reference?.digest === undefined && (reference?.tag ?? 'latest') === 'latest' ? 'Always' : 'IfNotPresent'
}
