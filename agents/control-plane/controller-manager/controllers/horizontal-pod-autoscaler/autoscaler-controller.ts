/**
 * HorizontalPodAutoscaler controller: gives whatever has a scale subresource as many replicas as its metrics ask for.
 *
 * Reads   HorizontalPodAutoscalers, Pods, the metrics APIs, scale subresources of any kind
 * Writes  scale subresources, HorizontalPodAutoscaler status, events
 * Woken   by a change of an autoscaler's spec, and every 15 s
 *
 *   HA1  The metric that asks for most replicas counts. While a metric cannot be read, nothing is taken away.
 *   HA2  A target scaled to zero is left alone, unless the autoscaler itself may scale to zero; one outside its bounds is
 *        brought within them at once, whatever its metrics say.
 *   HA3  Pods that two autoscalers select are scaled by neither.
 *   HA4  Every ending is told in the conditions AbleToScale, ScalingActive and ScalingLimited; a failure is an event too and
 *        waits for the next time.
 *   HA5  What was recommended and done before is remembered here only: a restart begins with the present replicas.
 */
import type { Scale } from '../../../../api/groups/autoscaling-v1/types.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricStatus } from '../../../../api/groups/autoscaling-v2/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { horizontalPodAutoscalers, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import { compareAutoscaler } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { DiscoveredResource } from '../../../../machinery/discovery.ts'
import type { Selector } from '../../../../api/selectors/label-selector.ts'
import { matches, parseLabelSelector } from '../../../../api/selectors/label-selector.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isConnectionError } from '../../../../machinery/transport.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { ScaleTargets } from '../../resources/scale-targets.ts'
import { ConditionList } from './condition-list.ts'
import { evaluateMetric, MetricError, tolerancesOf } from './evaluate-metric.ts'
import type { MetricProposal } from './evaluate-metric.ts'
import { MetricReader } from './metric-reader.ts'
import { planScaling } from './plan-scaling.ts'
import type { ScalingHistory } from './scaling-history.ts'
import { newHistory, rememberRecommendation, rememberRescale } from './scaling-history.ts'

type Settings = ControllerConfig['hpa']

export function createAutoscalerController({ hpa: settings }: Pick<ControllerConfig, 'hpa'>): Controller {
  const autoscaling = new Autoscaling(settings)
  return {
    name: 'horizontal-pod-autoscaler-controller',
    reconciles: horizontalPodAutoscalers,
    reads: [pods],
    ignores: change => change.type === 'updated' && isEqualJson((change.object as HorizontalPodAutoscaler).spec, (change.previous as HorizontalPodAutoscaler).spec),
    rehearse: (key, deps, signal) => autoscaling.copy().reconcile(key, deps, signal),
    compare: compareAutoscaler,
    reconcile: (key, deps, signal) => autoscaling.reconcile(key, deps, signal),
  }
}

/** One look at one autoscaler. */
interface Look {
  readonly autoscaler: HorizontalPodAutoscaler
  readonly key: ObjectKey
  readonly conditions: ConditionList
  readonly deps: ReconcileDeps
  readonly signal: AbortSignal
}

interface Target {
  readonly type: DiscoveredResource
  readonly key: ObjectKey
  readonly scale: Scale
  readonly replicas: number
}

interface Decision {
  readonly replicas: number
  readonly why: string
  readonly metrics: readonly MetricStatus[]
}

/** Ends a look: everything is told already. */
class LookFailed extends Error {
  override readonly name = 'LookFailed'
  readonly metrics: readonly MetricStatus[] | undefined

  constructor(message: string, metrics?: readonly MetricStatus[]) {
    super(message)
    this.metrics = metrics
  }
}

class Autoscaling {
  readonly #settings: Settings
  readonly #histories = new Map<string, ScalingHistory>()
  readonly #selectors = new Map<string, { readonly namespace: string; readonly selector: Selector }>()
  #targets: ScaleTargets | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** With all that it remembers, to decide without consequence. */
  copy(): Autoscaling {
    const copied = new Autoscaling(this.#settings)
    for (const [key, history] of this.#histories) copied.#histories.set(key, { ...history })
    for (const [key, selector] of this.#selectors) copied.#selectors.set(key, selector)
    copied.#targets = this.#targets
    return copied
  }

  async reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
    const autoscaler = deps.cache.get(horizontalPodAutoscalers, key)
    if (autoscaler === undefined) {
      this.#histories.delete(keyText(key))
      this.#selectors.delete(keyText(key))
      return done
    }
    const look: Look = { autoscaler, key, deps, signal, conditions: new ConditionList(autoscaler.status?.conditions ?? [], deps.clock.now()) }
    try {
      await this.#look(look)
    } catch (error) {
      if (!(error instanceof LookFailed)) throw error
      deps.log.debug('autoscaler could not decide', { autoscaler: keyText(key), error: error.message })
    }
    return again(this.#settings.syncPeriodMs)
  }

  async #look(look: Look): Promise<void> {
    const { autoscaler, deps: { clock } } = look
    const target = await this.#targetOf(look)
    const history = this.#histories.get(keyText(look.key)) ?? newHistory(target.replicas, clock.now()) // HA5
    this.#histories.set(keyText(look.key), history)
    try {
      const decision = await this.#decide(look, target, history)
      const rescales = decision.replicas !== target.replicas
      if (rescales) await this.#rescale(look, target, decision, history)
      await this.#writeStatus(look, target.replicas, decision.replicas, decision.metrics, rescales)
    } catch (error) {
      if (error instanceof LookFailed) await this.#writeStatus(look, target.replicas, autoscaler.status?.desiredReplicas ?? 0, error.metrics ?? [], false)
      throw error
    }
  }

  async #targetOf({ autoscaler, conditions, deps, signal }: Look): Promise<Target> {
    const { kind, name, apiVersion = 'v1' } = autoscaler.spec.scaleTargetRef
    const key = { namespace: autoscaler.metadata.namespace!, name }
    this.#targets ??= new ScaleTargets(deps.clock)
    try {
      const type = await this.#targets.resourceOf({ group: apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '', kind }, deps.client, signal)
      const scale = await this.#targets.read(type, key, deps.client, signal)
      conditions.set('AbleToScale', true, 'SucceededGetScale', "the HPA controller was able to get the target's current scale")
      return { type, key, scale, replicas: scale.spec.replicas ?? 0 }
    } catch (error) { // HA4
      if (signal.aborted || isConnectionError(error)) throw error
      deps.events.event(autoscaler, 'Warning', 'FailedGetScale', errorText(error))
      conditions.set('AbleToScale', false, 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${errorText(error)}`)
      await this.#writeStatus({ autoscaler, conditions, deps, signal, key }, undefined, undefined, undefined, false)
      throw new LookFailed(`failed to query scale subresource for ${kind}/${key.namespace}/${name}: ${errorText(error)}`)
    }
  }

  async #decide(look: Look, target: Target, history: ScalingHistory): Promise<Decision> {
    const { autoscaler: { spec }, conditions, deps } = look
    const { replicas: current } = target
    const least = spec.minReplicas ?? 1
    if (current === 0 && least !== 0) { // HA2
      conditions.set('ScalingActive', false, 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero')
      return { replicas: 0, why: '', metrics: [] }
    }
    if (current > spec.maxReplicas) return { replicas: spec.maxReplicas, why: 'Current number of replicas above Spec.MaxReplicas', metrics: [] }
    if (current < least) return { replicas: least, why: 'Current number of replicas below Spec.MinReplicas', metrics: [] }
    const best = await this.#evaluate(look, target)
    const nowMs = deps.clock.now()
    const plan = planScaling({ currentReplicas: current, wanted: best.replicas, minReplicas: least, maxReplicas: spec.maxReplicas, behavior: spec.behavior, history, downscaleStabilisationMs: this.#settings.downscaleStabilisationMs, nowMs })
    rememberRecommendation(history, best.replicas, nowMs, plan.longestWindowMs)
    conditions.set('AbleToScale', true, plan.able.reason, plan.able.message)
    conditions.set('ScalingLimited', plan.limited.is, plan.limited.reason, plan.limited.message)
    const why = best.replicas > current ? `${best.name} above target` : best.replicas < current ? 'All metrics below target' : ''
    return { replicas: plan.replicas, why, metrics: best.statuses }
  }

  /** HA1 */
  async #evaluate(look: Look, target: Target): Promise<{ readonly replicas: number; readonly name: string; readonly statuses: readonly MetricStatus[] }> {
    const { autoscaler, conditions, deps, signal } = look
    const { namespace } = autoscaler.metadata
    const { metrics = [], behavior } = autoscaler.spec
    const selected = this.#podsOf(look, target)
    const reader = new MetricReader(deps.client, this.#targets!, signal)
    const { cpuInitializationPeriodMs, initialReadinessDelayMs, tolerance } = this.#settings
    const inputs = {
      namespace: namespace!, selector: target.scale.status.selector ?? '', pods: selected, nowMs: deps.clock.now(), currentReplicas: target.replicas, statusReplicas: target.scale.status.replicas,
      tolerances: tolerancesOf(behavior, tolerance), cpuInitializationPeriodMs, initialReadinessDelayMs,
    }
    const statuses: MetricStatus[] = metrics.map(() => ({ type: '' }))
    const failures: MetricError[] = []
    let best: MetricProposal | undefined
    for (const [index, metric] of metrics.entries()) {
      try {
        const proposal = await evaluateMetric(metric, inputs, reader)
        statuses[index] = proposal.status
        if (best === undefined || proposal.replicas > best.replicas) best = proposal
      } catch (error) {
        if (signal.aborted || !(error instanceof MetricError)) throw error
        if (isConnectionError(deepestCause(error))) throw deepestCause(error)
        deps.events.event(autoscaler, 'Warning', error.reason, error.plainText)
        failures.push(error)
      }
    }
    const [first] = failures
    if (first !== undefined && (best === undefined || best.replicas < target.replicas)) {
      const message = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.message}`
      conditions.set('ScalingActive', false, first.reason, `the HPA was unable to compute the replica count: ${first.plainText}`)
      deps.events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message)
      throw new LookFailed(message, statuses)
    }
    if (best === undefined) throw new LookFailed('no metrics are specified', statuses)
    conditions.set('ScalingActive', true, 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best.name}`)
    return { replicas: best.replicas, name: best.name, statuses }
  }

  /** HA3 */
  #podsOf({ autoscaler, conditions, deps, key }: Look, { scale }: Target): readonly Pod[] {
    const refuse = (eventReason: string, conditionReason: string, message: string, conditionMessage = message): LookFailed => {
      deps.events.event(autoscaler, 'Warning', eventReason, message)
      deps.events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message)
      conditions.set('ScalingActive', false, conditionReason, conditionMessage)
      return new LookFailed(message)
    }
    const text = scale.status.selector ?? ''
    const namespace = key.namespace!
    if (text === '') throw refuse('SelectorRequired', 'InvalidSelector', 'selector is required', "the HPA target's scale is missing a selector")
    let selector: Selector
    try {
      selector = parseLabelSelector(text)
    } catch (error) {
      throw refuse('InvalidSelector', 'InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${errorText(error)}`)
    }
    this.#selectors.set(keyText(key), { namespace, selector })
    const selected = deps.cache.list(pods, namespace).filter(pod => matches(selector, pod.metadata.labels))
    const rivals = [...this.#selectors].filter(([, other]) => other.namespace === namespace && selected.some(pod => matches(other.selector, pod.metadata.labels))).map(([name]) => name).sort()
    if (rivals.length > 1) throw refuse('AmbiguousSelector', 'AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${rivals.join(' ')}]`)
    return selected
  }

  async #rescale(look: Look, target: Target, { replicas, why, metrics }: Decision, history: ScalingHistory): Promise<void> {
    const { autoscaler, conditions, deps, signal } = look
    try {
      await this.#targets!.write(target.type, target.key, { ...target.scale, spec: { ...target.scale.spec, replicas } }, deps.client, signal)
    } catch (error) {
      if (signal.aborted || isConnectionError(error)) throw error
      deps.events.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${why}; error: ${errorText(error)}`)
      conditions.set('AbleToScale', false, 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${errorText(error)}`)
      throw new LookFailed(`failed to rescale ${autoscaler.spec.scaleTargetRef.name}: ${errorText(error)}`, metrics)
    }
    conditions.set('AbleToScale', true, 'SucceededRescale', `the HPA controller was able to update the target scale to ${replicas}`)
    deps.events.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${why}`)
    deps.log.info('target rescaled', { autoscaler: keyText(look.key), from: target.replicas, to: replicas, why })
    rememberRescale(history, target.replicas, replicas, autoscaler.spec.behavior, deps.clock.now())
  }

  async #writeStatus({ autoscaler, conditions, deps, signal }: Look, current: number | undefined, desired: number | undefined, metrics: readonly MetricStatus[] | undefined, rescaled: boolean): Promise<void> {
    const before = autoscaler.status ?? { desiredReplicas: 0 }
    const shown = metrics ?? before.currentMetrics ?? []
    const status: HorizontalPodAutoscalerStatus = {
      ...before, currentReplicas: current ?? before.currentReplicas ?? 0, desiredReplicas: desired ?? before.desiredReplicas ?? 0, conditions: conditions.all,
      ...(rescaled ? { lastScaleTime: timeText(deps.clock.now()) } : {}),
    }
    delete status.currentMetrics
    if (shown.length > 0) status.currentMetrics = [...shown]
    if (isEqualJson(before, status)) return
    await deps.client.update(horizontalPodAutoscalers, { ...autoscaler, status }, { subresource: 'status' }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

function deepestCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? deepestCause(error.cause) : error
}
