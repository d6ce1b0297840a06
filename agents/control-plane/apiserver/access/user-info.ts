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

const accountForm = /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?):([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/

export function serviceAccountOf(user: Pick<UserInfo, 'name'>): { namespace: string; name: string } | undefined {
  const found = user.name.startsWith('system:serviceaccount:') ? accountForm.exec(user.name) : null
  return found === null ? undefined : { namespace: found[1]!, name: found[2]! }
}

export function nodeNameOf(user: UserInfo): string | undefined {
  return user.name.startsWith('system:node:') && user.groups.includes('system:nodes') ? user.name.slice('system:node:'.length) : undefined
}
