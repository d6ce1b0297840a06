/** Numbers about admission, under upstream's names. Upstream: apiserver/pkg/admission/metrics/metrics.go. */
import type { Metrics } from '../../../machinery/metrics.ts'

export type HookPhase = 'admit' | 'validating'
export type ConditionOwner = 'webhook' | 'policy'

export interface AdmissionMetrics {
  step(type: string, operation: string, rejected: boolean, ms: number): void
  controller(name: string, type: string, operation: string, rejected: boolean, ms: number): void
  webhook(name: string, type: HookPhase, operation: string, rejected: boolean, code: number, ms: number): void
  webhookRejection(name: string, type: HookPhase, operation: string, error: 'calling_webhook_error' | 'apiserver_internal_error' | 'no_error', code: number): void
  webhookFailOpen(name: string, type: HookPhase): void
  conditions(owner: ConditionOwner, name: string, type: string, operation: string, seen: { readonly ms: number; readonly errors: number; readonly excluded: boolean }): void
  /** Of a ValidatingAdmissionPolicy: what was done about one validation, and how long the policy took. */
  validatingPolicy(policy: string, binding: string, action: 'deny' | 'warn' | 'audit' | 'allow', error: string, ms: number): void
  mutatingPolicy(policy: string, binding: string, error: string, ms: number): void
}

export const noAdmissionMetrics: AdmissionMetrics = { step() {}, controller() {}, webhook() {}, webhookRejection() {}, webhookFailOpen() {}, conditions() {}, validatingPolicy() {}, mutatingPolicy() {} }

const stepBuckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
const maxCode = 600

interface Series {
  observe(value: number): void
}

/** Found without making a text of the labels: every plugin counts every write. */
class OutcomeSeries {
  readonly #make: (type: string, operation: string, rejected: string) => Series
  readonly #byType = new Map<string, Map<string, { passed?: Series; rejected?: Series }>>()

  constructor(make: (type: string, operation: string, rejected: string) => Series) {
    this.#make = make
  }

  get(type: string, operation: string, rejected: boolean): Series {
    let byOperation = this.#byType.get(type)
    if (byOperation === undefined) this.#byType.set(type, (byOperation = new Map()))
    let outcomes = byOperation.get(operation)
    if (outcomes === undefined) byOperation.set(operation, (outcomes = {}))
    return outcomes[rejected ? 'rejected' : 'passed'] ??= this.#make(type, operation, String(rejected))
  }
}

export function createAdmissionMetrics(metrics: Metrics): AdmissionMetrics {
  const steps = metrics.histogram({ name: 'apiserver_admission_step_admission_duration_seconds', help: 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).', labels: ['type', 'operation', 'rejected'], buckets: stepBuckets })
  const controllers = metrics.histogram({ name: 'apiserver_admission_controller_admission_duration_seconds', help: 'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', labels: ['name', 'type', 'operation', 'rejected'], buckets: stepBuckets })
  const hooks = metrics.histogram({ name: 'apiserver_admission_webhook_admission_duration_seconds', help: 'Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', labels: ['name', 'type', 'operation', 'rejected'], buckets: [...stepBuckets, 10, 25] })
  const rejections = metrics.counter({ name: 'apiserver_admission_webhook_rejection_count', help: 'Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation.', labels: ['name', 'type', 'operation', 'error_type', 'rejection_code'] })
  const failOpens = metrics.counter({ name: 'apiserver_admission_webhook_fail_open_count', help: 'Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).', labels: ['name', 'type'] })
  const requests = metrics.counter({ name: 'apiserver_admission_webhook_request_total', help: 'Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation.', labels: ['name', 'type', 'operation', 'code', 'rejected'] })
  const conditionLabels = ['name', 'kind', 'type', 'operation']
  const conditionErrors = metrics.counter({ name: 'apiserver_admission_match_condition_evaluation_errors_total', help: 'Admission match condition evaluation errors count.', labels: conditionLabels })
  const conditionExclusions = metrics.counter({ name: 'apiserver_admission_match_condition_exclusions_total', help: 'Admission match condition evaluation exclusions count.', labels: conditionLabels })
  const conditionSeconds = metrics.histogram({ name: 'apiserver_admission_match_condition_evaluation_seconds', help: 'Admission match condition evaluation time in seconds.', labels: conditionLabels, buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25] })
  const policyBuckets = [0.0000005, 0.001, 0.01, 0.1, 1]
  const validatingSeconds = metrics.histogram({ name: 'apiserver_validating_admission_policy_check_duration_seconds', help: 'Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.', labels: ['policy', 'policy_binding', 'error_type', 'enforcement_action'], buckets: policyBuckets })
  const validatingTotal = metrics.counter({ name: 'apiserver_validating_admission_policy_check_total', help: 'Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.', labels: ['policy', 'policy_binding', 'error_type', 'enforcement_action'] })
  const mutatingSeconds = metrics.histogram({ name: 'apiserver_mutating_admission_policy_check_duration_seconds', help: 'Mutation admission latency for individual mutation expressions in seconds, labeled by policy and binding.', labels: ['policy', 'policy_binding', 'error_type'], buckets: policyBuckets })
  const mutatingTotal = metrics.counter({ name: 'apiserver_mutating_admission_policy_check_total', help: 'Mutation admission policy check total, labeled by policy and further identified by binding.', labels: ['policy', 'policy_binding', 'error_type'] })

  const stepSeries = new OutcomeSeries((type, operation, rejected) => steps.series({ type, operation, rejected }))
  const controllerSeries = new Map<string, OutcomeSeries>()

  return {
    step: (type, operation, rejected, ms) => { stepSeries.get(type, operation, rejected).observe(ms / 1000) },
    controller: (name, type, operation, rejected, ms) => {
      let series = controllerSeries.get(name)
      if (series === undefined) controllerSeries.set(name, (series = new OutcomeSeries((type, operation, rejected) => controllers.series({ name, type, operation, rejected }))))
      series.get(type, operation, rejected).observe(ms / 1000)
    },
    webhook: (name, type, operation, rejected, code, ms) => {
      const common = { name, type, operation, rejected: String(rejected) }
      requests.add(1, { ...common, code: String(Math.min(code, maxCode)) })
      hooks.observe(ms / 1000, common)
    },
    webhookRejection: (name, type, operation, error, code) => {
      rejections.add(1, { name, type, operation, error_type: error, rejection_code: String(Math.min(code, maxCode)) })
    },
    webhookFailOpen: (name, type) => {
      failOpens.add(1, { name, type })
    },
    conditions: (kind, name, type, operation, { ms, errors, excluded }) => {
      const labels = { name, kind, type, operation }
      conditionSeconds.observe(ms / 1000, labels)
      if (errors > 0) conditionErrors.add(errors, labels)
      if (excluded) conditionExclusions.add(1, labels)
    },
    validatingPolicy: (policy, binding, action, error, ms) => {
      const labels = { policy, policy_binding: binding, error_type: error, enforcement_action: action }
      validatingTotal.add(1, labels)
      validatingSeconds.observe(ms / 1000, labels)
    },
    mutatingPolicy: (policy, binding, error, ms) => {
      const labels = { policy, policy_binding: binding, error_type: error }
      mutatingTotal.add(1, labels)
      mutatingSeconds.observe(ms / 1000, labels)
    },
  }
}
