/** Numbers about conversion webhooks, under upstream's names. Upstream: apiextensions-apiserver/pkg/apiserver/conversion/metrics.go. */
import type { Metrics } from '../../../machinery/metrics.ts'

export type ConversionFailure = 'conversion_webhook_call_failure' | 'conversion_webhook_malformed_response_failure' | 'conversion_webhook_partial_response_failure' | 'conversion_webhook_invalid_converted_object_failure'

export interface ConversionMetrics {
  /** One call; failure is '' for one that succeeded. */
  call(of: { readonly definition: string; readonly from: string; readonly to: string }, failure: ConversionFailure | '', ms: number): void
}

export const noConversionMetrics: ConversionMetrics = { call() {} }

export function createConversionMetrics(metrics: Metrics): ConversionMetrics {
  const requests = metrics.counter({ name: 'apiserver_conversion_webhook_request_total', help: 'Counter for conversion webhook requests with success/failure and failure error type', labels: ['result', 'failure_type'] })
  const durations = metrics.histogram({ name: 'apiserver_conversion_webhook_duration_seconds', help: 'Conversion webhook request latency', labels: ['result', 'failure_type'], buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60] })
  const byDefinition = metrics.histogram({ name: 'apiserver_crd_conversion_webhook_duration_seconds', help: 'CRD webhook conversion duration in seconds', labels: ['crd_name', 'from_version', 'to_version', 'succeeded'], buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384] })
  return {
    call({ definition, from, to }, failure, ms) {
      const labels = { result: failure === '' ? 'success' : 'failure', failure_type: failure }
      requests.add(1, labels)
      durations.observe(ms / 1000, labels)
      byDefinition.observe(ms / 1000, { crd_name: definition, from_version: from, to_version: to, succeeded: String(failure === '') })
    },
  }
}
