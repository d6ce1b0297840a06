import type { AuditEvent } from './audit-record.ts'

/** Where events go. */
export interface AuditSink extends Disposable {
  /** Throws or rejects when the event could not be kept; a promise is for those who wait until it is. */
  write(event: AuditEvent): void | Promise<void>
}
