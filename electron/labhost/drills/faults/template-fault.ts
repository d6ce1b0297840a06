/** What faults of a deployment's pods share: its containers are remembered, made others, and put back where they are still ours. */
import type { FaultParameter, FaultValues } from '../../../contract/faults.ts'
import type { Fault } from '../fault.ts'
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

export interface Container {
  readonly name: string
  readonly [field: string]: unknown
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
}

interface ContainerFault {
  readonly name: string
  readonly title: string
  readonly parameters: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  wrong(container: Container, parameters: FaultValues): Container
}

export function containerFault({ wrong, ...kind }: ContainerFault): Fault<'object'> {
  return fieldFault({
    kind: { ...kind, group: 'cluster', resource: 'deployments' },
    field: 'the containers',
    path: deploymentPath,
    read: (deployment: Deployment) => deployment.spec.template.spec.containers,
    patch: containers => ({ spec: { template: { spec: { containers } } } }),
    wrong: (containers, parameters) => (containers as readonly Container[]).map(container => wrong(container, parameters)),
  })
}
