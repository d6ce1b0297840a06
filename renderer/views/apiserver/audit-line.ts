/**
 * A line of the audit log, as far as a reader wants it. Pure.
 *
 *   AU1  A line that is no event of audit.k8s.io (it was cut) is passed over.
 */
export interface AuditEvent {
  readonly id: string
  readonly at: string
  readonly stage: string
  readonly verb: string
  readonly uri: string
  readonly user: string
  readonly agent: string
  readonly code: number | null
  readonly decision: string
}

interface Line {
  readonly auditID?: string
  readonly stage?: string
  readonly verb?: string
  readonly requestURI?: string
  readonly user?: { readonly username?: string }
  readonly userAgent?: string
  readonly responseStatus?: { readonly code?: number }
  readonly stageTimestamp?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export function readAuditLine(text: string): AuditEvent | null {
  let line: Line
  try {
    line = JSON.parse(text) as Line
  } catch {
    return null // AU1
  }
  if (typeof line !== 'object' || line === null || line.auditID === undefined || line.stageTimestamp === undefined) return null
  return {
    id: `${line.auditID} ${line.stage}`, at: line.stageTimestamp, stage: line.stage ?? '', verb: line.verb ?? '', uri: line.requestURI ?? '', user: line.user?.username ?? '', agent: (line.userAgent ?? '').split(' ')[0]!,
    code: line.responseStatus?.code ?? null, decision: [line.annotations?.['authorization.k8s.io/decision'], line.annotations?.['authorization.k8s.io/reason']].filter(Boolean).join(': '),
  }
}
