import type { HorizontalPodAutoscalerCondition } from '../../../../api/groups/autoscaling-v2/types.ts'
import { timeText } from '../../../../base/clock.ts'

/** Conditions that are being changed: their time moves only with their status. */
export class ConditionList {
  readonly #nowMs: number
  #conditions: readonly HorizontalPodAutoscalerCondition[]

  constructor(conditions: readonly HorizontalPodAutoscalerCondition[], nowMs: number) {
    this.#conditions = conditions
    this.#nowMs = nowMs
  }

  get all(): HorizontalPodAutoscalerCondition[] {
    return [...this.#conditions]
  }

  set(type: string, is: boolean, reason: string, message: string): void {
    const status = is ? 'True' : 'False'
    const before = this.#conditions.find(condition => condition.type === type)
    const condition = { type, status, reason, message, lastTransitionTime: before?.status === status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : timeText(this.#nowMs) }
    this.#conditions = before === undefined ? [...this.#conditions, condition] : this.#conditions.map(each => (each.type === type ? condition : each))
  }
}
