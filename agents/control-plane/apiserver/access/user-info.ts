/** Who asks: the outcome of authentication. */
export interface UserInfo {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'
export const mastersGroup = 'system:masters'

export const anonymous: UserInfo = { name: 'system:anonymous', uid: '', groups: [unauthenticatedGroup], extra: {} }

/** The API server acting on its own behalf (bootstrap, allocators). */
export const serverItself: UserInfo = { name: 'system:apiserver', uid: '', groups: [mastersGroup, authenticatedGroup], extra: {} }

export function serviceAccountOf(user: UserInfo): { namespace: string; name: string } | undefined {
  const parts = user.name.split(':')
  if (parts.length !== 4 || parts[0] !== 'system' || parts[1] !== 'serviceaccount') return undefined
  return { namespace: parts[2]!, name: parts[3]! }
}

export function nodeNameOf(user: UserInfo): string | undefined {
  return user.name.startsWith('system:node:') && user.groups.includes('system:nodes') ? user.name.slice('system:node:'.length) : undefined
}
