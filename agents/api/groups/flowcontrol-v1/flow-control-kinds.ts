/** FlowSchema and PriorityLevelConfiguration: who waits in which queue. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import { flowSchemas, priorityLevelConfigurations } from '../../resources.ts'
import { validateFlowSchema, validatePriorityLevel } from './validation.ts'
import type { FlowSchema, PriorityLevelConfiguration } from './types.ts'

export const flowSchema = defineKind<FlowSchema>(flowSchemas, {
  hasGeneration: true,
  statusKeeps: allButStatus,
  printer: 'printFlowSchema',
  tableOrder: (a, b) => (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1),
  setDefaults({ spec }) {
    spec.matchingPrecedence ||= 1000
  },
  validate: validateFlowSchema,
  validateStatusUpdate: validateFlowSchema,
  cells({ metadata, spec, status }, now) {
    const dangling = status.conditions?.find(condition => condition.type === 'Dangling')?.status ?? '?'
    return [metadata.name, spec.priorityLevelConfiguration.name, spec.matchingPrecedence ?? 0, spec.distinguisherMethod?.type ?? '<none>', ageCell(metadata.creationTimestamp, now), dangling]
  },
})

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>(priorityLevelConfigurations, {
  hasGeneration: true,
  statusKeeps: allButStatus,
  printer: 'printPriorityLevelConfiguration',
  setDefaults({ spec }) {
    if (spec.exempt !== undefined) {
      spec.exempt.nominalConcurrencyShares ??= 0
      spec.exempt.lendablePercent ??= 0
    }
    const limited = spec.limited as { nominalConcurrencyShares?: number | null; lendablePercent?: number; limitResponse?: { queuing?: { queues?: number; handSize?: number; queueLengthLimit?: number } } } | undefined
    if (limited === undefined) return
    limited.nominalConcurrencyShares ??= 30
    limited.lendablePercent ??= 0
    const queuing = limited.limitResponse?.queuing
    if (queuing !== undefined) {
      queuing.queues ||= 64
      queuing.handSize ||= 8
      queuing.queueLengthLimit ||= 50
    }
  },
  validate: validatePriorityLevel,
  cells({ metadata, spec }, now) {
    const queuing = spec.limited?.limitResponse?.queuing
    const shares = spec.limited?.nominalConcurrencyShares
    const text = (value: number | undefined) => value ?? '<none>'
    return [metadata.name, spec.type, text(shares), text(queuing?.queues), text(queuing?.handSize), text(queuing?.queueLengthLimit), ageCell(metadata.creationTimestamp, now)]
  },
})
