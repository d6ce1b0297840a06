/** Groups of the Kubernetes community and the annotation by which a definition in one of them says that it was approved. */
export const approvalAnnotation = 'api-approved.kubernetes.io'

export type ApprovalState = 'approved' | 'bypassed' | 'missing' | 'invalid'

export interface Approval {
  readonly state: ApprovalState
  readonly reason: string
}

const policy = 'https://github.com/kubernetes/enhancements/pull/1111'

export function isCommunityGroup(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group)
}

export function approvalOf(annotations: Readonly<Record<string, string>> | undefined): Approval {
  const text = annotations?.[approvalAnnotation] ?? ''
  if (text === '') return { state: 'missing', reason: `protected groups must have approval annotation "${approvalAnnotation}", see ${policy}` }
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#\s]+/.test(text)) return { state: 'approved', reason: `approved in ${text}` }
  return { state: 'invalid', reason: `protected groups must have approval annotation "${approvalAnnotation}" with either a URL or a reason starting with "unapproved", see ${policy}` }
}
