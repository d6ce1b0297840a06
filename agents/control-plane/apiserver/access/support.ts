/** Rows of docs/support.md about who may do what. */
import { same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same('Access', 'client certificates', 'service account tokens: bound, with audiences and expiry; discovery documents', 'static token file; bootstrap tokens', 'front proxy headers', 'anonymous requests', 'impersonation', 'RBAC with upstream\'s bootstrap roles, reconciled; escalation rules', 'Node authorizer', 'SubjectAccessReview family, SelfSubjectReview, TokenReview, TokenRequest', 'certificate signing requests'),
]
