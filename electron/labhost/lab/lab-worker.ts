/** What a lab asks of each of its nodes, whether a machine stands behind it or not. */
import type { Slowness } from '../network/impairments/slow-stream.ts'
import type { ComponentState, NodeSpec, NodeState } from '../../contract/labs.ts'
import type { RunningMachine } from '../machines/machine.ts'
import type { ServiceManager } from '../provision/service-manager.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import type { Dialer } from '../network/egress-proxy.ts'
import type { Action } from './action.ts'

export interface LabWorker {
  readonly spec: NodeSpec
  readonly name: string
  readonly address: string
  readonly ready: NodeState['ready']
  readonly state: NodeState
  readonly components: readonly ComponentState[]
  /** Whether pods and Services can be reached through it. */
  readonly routesPods: boolean
  /** How its own ports are reached; throws the reason when they are not. */
  dialer(): Dialer
  /** These three throw a reason for the user where there is no such thing. */
  link(): SshLink
  machine(): RunningMachine
  services(): ServiceManager
  /** While it is cut no connection to the machine is made; what runs there goes on. */
  cutControlLink(isCut: boolean): void
  slowControlLink(slowness: Slowness | null): void
  observeReady(ready: NodeState['ready']): void
  isMade(): Promise<boolean>
  adopt(): Promise<boolean>
  bring(action: Action): Promise<void>
  complete(action: Action): Promise<void>
  shutdown(action: Action): Promise<void>
  powerOff(): Promise<void>
  reset(): Promise<void>
  delete(action: Action): Promise<void>
  release(): Promise<void>
  /** Ends what runs of it at once, asking nobody; what lies on the disk stays. */
  halt(): Promise<void>
}
