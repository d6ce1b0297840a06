/** What the API server's audit log says of the changes of one object. */
import { readFile } from 'node:fs/promises'

export interface AuditRecord {
  readonly auditId: string
  readonly atMs: number
  readonly durationMs: number
  readonly verb: string
  readonly user: string
  readonly agent: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string | null
  readonly name: string
  readonly code: number
}

interface AuditLine {
  readonly auditID: string
  readonly stage: string
  readonly verb: string
  readonly user?: { readonly username?: string }
  readonly userAgent?: string
  readonly objectRef?: { readonly apiGroup?: string; readonly resource?: string; readonly subresource?: string; readonly namespace?: string; readonly name?: string }
  readonly responseStatus?: { readonly code?: number }
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
}

const changes = new Set(['create', 'update', 'patch', 'delete'])

export async function readAuditLog(file: string): Promise<readonly AuditRecord[]> {
  return parseAuditLog(await readFile(file, 'utf8').catch(() => ''))
}

/** A line that is not whole yet (it is being written) is left for the next time. */
export function parseAuditLog(text: string): readonly AuditRecord[] {
  return text.split('\n').flatMap(line => {
    const parsed = readLine(line)
    if (parsed?.stage !== 'ResponseComplete' || parsed.objectRef?.resource === undefined || !changes.has(parsed.verb)) return []
    const { auditID: auditId, verb, user, userAgent, objectRef, responseStatus } = parsed
    const atMs = Date.parse(parsed.requestReceivedTimestamp)
    return [{
      auditId, atMs, durationMs: Math.max(0, Date.parse(parsed.stageTimestamp) - atMs), verb, user: user?.username ?? '', agent: userAgent ?? '',
      group: objectRef.apiGroup ?? '', resource: objectRef.resource!, subresource: objectRef.subresource ?? '', namespace: objectRef.namespace ?? null, name: objectRef.name ?? '', code: responseStatus?.code ?? 0,
    }]
  })
}

function readLine(line: string): AuditLine | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line) as AuditLine
  } catch {
    return undefined
  }
}
