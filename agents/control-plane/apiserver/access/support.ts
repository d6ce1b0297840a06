/** Rows of docs/support.md about who gets in and who may do what. */
import { absent, partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same(
    'Access', 'client certificates, with uid and read anew when the CA file changes', 'service account tokens: bound, legacy, several issuers and keys, extension and limits; discovery documents', 'static token file; bootstrap tokens', 'front proxy headers',
    'anonymous requests, everywhere or on listed paths', 'bearer tokens in WebSocket subprotocols', 'OpenID Connect by flags', 'webhook token authentication', 'impersonation, constrained and by the old rights',
    'RBAC with upstream\'s bootstrap roles, reconciled; escalation rules', 'Node authorizer, by selectors', 'ABAC', 'webhook authorization', 'SubjectAccessReview family with selectors, SelfSubjectReview, TokenReview, TokenRequest', 'certificate signing requests',
    'serving certificates by name (SNI), read anew when they change', 'CORS, HSTS, GOAWAY chance',
  ),
  ...same('Access', 'AuthenticationConfiguration', 'distributed claims of OpenID Connect'),
  partial('Access', 'AuthorizationConfiguration', 'connectionInfo of type InClusterConfig is refused: the server is not in a cluster'),
  partial('Access', 'NodeRestriction of token audiences', 'drivers of in-tree volumes that upstream translates to CSI are not looked at'),
  absent('Access', 'external signer of service account tokens (--service-account-signing-endpoint)', 'tokens are signed with the key file'),
]
