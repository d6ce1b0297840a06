/**
 * Events too large for a backend told without their objects. Upstream: apiserver/plugin/pkg/audit/truncate.
 *
 *   AT1  An event larger than the bound loses requestObject and responseObject, and says so by its annotation
 *        audit.k8s.io/truncated.
 *   AT2  One that is too large even so is refused, which counts as an error of the backend.
 */
import type { AuditSink } from './audit-sink.ts'

export function truncatingSink(sink: AuditSink, maxEventBytes: number): AuditSink {
  return {
    write(event) {
      if (Buffer.byteLength(event.json) <= maxEventBytes) return sink.write(event)
      const json = event.truncated() // AT1
      if (Buffer.byteLength(json) > maxEventBytes) throw new Error(`audit event is larger than ${maxEventBytes} bytes even without its objects`) // AT2
      return sink.write({ ...event, json })
    },
    [Symbol.dispose]() {
      sink[Symbol.dispose]()
    },
  }
}
