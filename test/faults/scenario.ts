/** What a story of a controller is made of, and the objects that many stories begin with. */
import type { PodSpec } from '../../agents/api/groups/core-v1/types.ts'
import { nodes } from '../../agents/api/resources.ts'
import type { ResourceType } from '../../agents/api/resources.ts'
import type { ControllerConfig } from '../../agents/control-plane/controller-manager/controller-config.ts'
import { type Invariant, type World, readyNode } from './world.ts'

export interface Scenario {
  readonly name: string
  /** Upstream's names, of the controller manager's table. */
  readonly controllers: readonly string[]
  readonly begin: (world: World) => void
  readonly acts?: readonly { readonly atMs: number; readonly act: (world: World) => unknown }[]
  readonly actors?: readonly ((world: World) => void)[]
  readonly invariants?: () => readonly Invariant[]
  readonly compares: readonly ResourceType[]
  /** Fields in which two leaders at once may leave a trace, as upstream's would. */
  readonly traces?: readonly string[]
  readonly durationMs: number
  /** Where the controllers are told otherwise than by upstream's defaults. */
  readonly config?: Partial<ControllerConfig>
  /** What they say in events is compared too. */
  readonly comparesEvents?: true
}

export const podTemplate = (app: string, image = 'v1', more: Partial<PodSpec> = {}) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image }], ...more } })
export const meta = (name: string) => ({ name, namespace: 'default' })
export const threeNodes = (world: World) => { for (const name of ['n1', 'n2', 'n3']) world.put(nodes, readyNode(name)) }
export const readyPod = (name: string, app: string, ip: string, more: Partial<PodSpec> = {}) => ({ metadata: { ...meta(name), labels: { app } }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] }], ...more }, status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] } })
export const pause = 20_000
