import { partial, same } from '../../base/support-row.ts'

export const support = [
  ...same('Metrics', 'metrics.k8s.io/v1beta1 of nodes and pods: lists, gets, selectors, tables, discovery; kubectl top'),
  partial('Metrics', 'protobuf answers of metrics.k8s.io', 'JSON only; clients of upstream ask for JSON too'),
  partial('Metrics', 'who may ask the metrics server', 'API servers only (front proxies); it does not authenticate others by TokenReview'),
]
