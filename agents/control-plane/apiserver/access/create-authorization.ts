/** The authorizers that --authorization-mode names, in its order, behind the one for system:masters. */
import { alwaysAllow, alwaysDeny, anyAuthorizer, mastersAuthorizer } from './authorizer.ts'
import type { Authorizer } from './authorizer.ts'
import type { NodeAuthorizer } from './node-authorizer.ts'
import type { RbacAuthorizer } from './rbac-authorizer.ts'

export interface AuthorizationParts {
  readonly rbac: RbacAuthorizer
  readonly nodes: NodeAuthorizer
}

export function createAuthorization(modes: readonly string[], parts: AuthorizationParts): Authorizer {
  return anyAuthorizer([mastersAuthorizer, ...modes.map(mode => authorizerOf(mode, parts))])
}

function authorizerOf(mode: string, { rbac, nodes }: AuthorizationParts): Authorizer {
  const known: Readonly<Record<string, Authorizer>> = { RBAC: rbac, Node: nodes, AlwaysAllow: alwaysAllow, AlwaysDeny: alwaysDeny }
  const found = known[mode]
  if (found === undefined) throw new Error(`--authorization-mode: ${JSON.stringify(mode)} is not supported; use Node, RBAC, AlwaysAllow or AlwaysDeny`)
  return found
}
