/**
 * A cluster in memory in which controllers are disturbed: a store, a clock that only the test moves, stand-ins for scheduler and
 * kubelets, and any number of controller managers, each with caches of its own.
 *
 *   FW1  Stand-ins act on the store itself, in the same order in every run; only what controllers ask for is disturbed.
 *   FW2  Invariants are looked at after every write of anybody.
 *   FW3  A manager that is stopped is dead at once: what it still waits for never comes back to it.
 *   FW4  A controller that asks for what its service account may not have is a complaint.
 */
import type { Event as CoreEvent, Node, Pod } from '../../agents/api/groups/core-v1/types.ts'
import { nodes, pods } from '../../agents/api/resources.ts'
import type { Draft, KubernetesObject, ResourceType } from '../../agents/api/resources.ts'
import { timeText } from '../../agents/base/clock.ts'
import { FakeClock } from '../../agents/base/fake-clock.ts'
import { MemoryLog } from '../../agents/base/log.ts'
import { seededRandom } from '../../agents/base/random.ts'
import { createCaches } from '../../agents/machinery/caches.ts'
import type { Client } from '../../agents/machinery/client.ts'
import { type Controller, ControllerRunner } from '../../agents/machinery/controller.ts'
import { EventRecorder } from '../../agents/machinery/events.ts'
import { Informers } from '../../agents/machinery/informers.ts'
import { keyOf } from '../../agents/machinery/object-key.ts'
import { controllerOf } from '../../agents/machinery/owner.ts'
import { FakeCluster } from '../fakes/fake-cluster.ts'
import type { Asked } from '../fakes/service-account-rights.ts'

export type Invariant = (world: World) => string | undefined

const writes = ['create', 'update', 'patch', 'delete', 'deleteCollection', 'createSubresource'] as const
export type WriteName = (typeof writes)[number]

export interface Manager {
  stop(): void
}

const stepMs = 200
const jobPodMs = 1_000

export class World {
  readonly clock = new FakeClock()
  readonly cluster = new FakeCluster({ clock: this.clock })
  readonly broken: string[] = []
  readonly invariants: Invariant[] = []
  /** By the name of a controller. */
  mayAsk: (controller: string, asked: Asked) => boolean = () => true
  /** Writes of controllers so far. */
  writes = 0
  /** What events say, each once: "PersistentVolumeClaim data ExternalExpanding". */
  readonly told = new Set<string>()
  #turn = 0
  #address = 0

  check(): void {
    for (const invariant of this.invariants) {
      const complaint = invariant(this)
      if (complaint !== undefined && !this.broken.includes(complaint)) this.broken.push(complaint) // FW2
    }
  }

  put<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>): T {
    const stored = this.cluster.put(type, object)
    this.check()
    return stored
  }

  /** What a user does: the object as it is now, changed. The generation rises if its spec changed. */
  async change<T extends KubernetesObject>(type: ResourceType<T>, name: string, change: (object: T) => void, namespace: string | undefined = type.namespaced ? 'default' : undefined): Promise<void> {
    const key = namespace === undefined ? { name } : { namespace, name }
    for (;;) {
      const object = this.cluster.peek(type, key)!
      change(object)
      try {
        await this.cluster.update(type, object)
        break
      } catch (error) {
        if ((error as { code?: number }).code !== 409) throw error
      }
    }
    this.check()
  }

  startManager(controllers: readonly Controller[], client: Client, seed: number): Manager {
    const abort = new AbortController()
    const [log, random] = [new MemoryLog(), seededRandom(seed)]
    const common = { client: mortal(client, abort.signal), clock: this.clock, log, random }
    const informers = new Informers(common)
    const deps = { ...common, informers, cache: createCaches(informers), events: new EventRecorder({ client: this.#listener, clock: this.clock, component: 'faults' }) }
    const runners = controllers.map(controller => new ControllerRunner(controller, { ...deps, client: this.#lawful(controller.name, common.client) }))
    informers.start(abort.signal)
    for (const runner of runners) void runner.run(abort.signal).catch(() => {})
    return { stop: () => { abort.abort(new Error('killed')) } }
  }

  /** FW4 */
  #lawful(controller: string, client: Client): Client {
    return wrapped(client, Object.fromEntries([...writes, 'get', 'list'].map(name => [name, (...given: unknown[]) => {
      const [{ group, resource }, , third, fourth] = given as [ResourceType, unknown, unknown, unknown]
      const options = (name === 'patch' ? fourth : third) as { readonly subresource?: string } | undefined
      const subresource = name === 'createSubresource' ? String(third) : (options?.subresource ?? '')
      const asked: Asked = { verb: name === 'createSubresource' ? 'create' : name.toLowerCase(), group, resource, subresource }
      const complaint = `${controller} may not ${asked.verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`
      if (!this.mayAsk(controller, asked) && !this.broken.includes(complaint)) this.broken.push(complaint)
      return (bound(client, name) as (...all: unknown[]) => unknown)(...given)
    }])))
  }

  /** Counts and checks; disturbances wrap it. */
  client(): Client {
    const { cluster } = this
    const counted = Object.fromEntries(writes.map(name => [name, async (...given: unknown[]) => {
      const before = cluster.revision
      const answer = await (cluster[name] as (...all: unknown[]) => Promise<unknown>).apply(cluster, given)
      if (cluster.revision > before) this.writes++ // what changes nothing is no write
      this.check()
      return answer
    }]))
    return wrapped(cluster, counted)
  }

  async run(durationMs: number, acts: readonly { readonly atMs: number; readonly act: (world: World) => unknown }[], actors: readonly ((world: World) => void)[]): Promise<void> {
    const due = [...acts].sort((a, b) => a.atMs - b.atMs)
    for (let at = 0; at < durationMs; at += stepMs) {
      while (due[0] !== undefined && due[0].atMs <= at) await due.shift()!.act(this)
      for (const actor of actors) actor(this) // FW1
      await this.clock.advance(stepMs)
    }
  }

  /** Takes events, which are no state. */
  readonly #listener = {
    create: <T>(_type: unknown, object: T) => {
      const { involvedObject, reason } = object as unknown as CoreEvent
      this.told.add(`${involvedObject.kind} ${involvedObject.name} ${reason}`)
      return Promise.resolve(object as never)
    },
    patch: () => Promise.resolve({} as never),
  }

  nextNode(): string {
    const all = this.cluster.all(nodes)
    return all.length === 0 ? 'n1' : all[this.#turn++ % all.length]!.metadata.name
  }

  nextAddress(): string {
    return `10.244.0.${++this.#address}`
  }
}

/** Scheduler and kubelets: binds, makes ready, ends pods of Jobs, takes away what is being deleted. */
export function playPods(world: World): void {
  const all = world.cluster.all(pods).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const now = world.clock.now()
  for (const pod of all) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if ((pod.metadata.finalizers ?? []).length === 0) world.cluster.vanish(pods, keyOf(pod))
      else if (pod.status.phase === 'Running') world.cluster.put(pods, ended(pod, 'Failed', now))
    } else if ((pod.spec.nodeName ?? '') === '') world.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: affinityNode(pod) ?? world.nextNode() } })
    else if (pod.status.phase === 'Pending') world.cluster.put(pods, started(pod, world.nextAddress(), now))
    else if (pod.status.phase === 'Running' && controllerOf(pod)?.kind === 'Job' && pod.metadata.labels?.['endless'] === undefined && now - Date.parse(pod.status.startTime ?? '') >= jobPodMs) world.cluster.put(pods, ended(pod, 'Succeeded', now))
  }
  world.check()
}

/** The first of the pods that run. */
export function failOnePod(world: World): void {
  const [first] = world.cluster.all(pods).filter(({ metadata, status }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  if (first !== undefined) world.cluster.put(pods, ended(first, 'Failed', world.clock.now()))
}

function started(pod: Pod, podIP: string, now: number): Pod {
  const at = timeText(now)
  return { ...pod, status: { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: at, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }, { type: 'ContainersReady', status: 'True', lastTransitionTime: at }], containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({ name, image, imageID: '', ready: true, started: true, restartCount: 0, state: { running: { startedAt: at } } })) } }
}

function ended(pod: Pod, phase: 'Succeeded' | 'Failed', now: number): Pod {
  const exitCode = phase === 'Succeeded' ? 0 : 137
  return { ...pod, status: { ...pod.status, phase, conditions: [{ type: 'Ready', status: 'False', reason: 'PodCompleted', lastTransitionTime: timeText(now) }], containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({ name, image, imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode, reason: 'Completed', finishedAt: timeText(now) } } })) } }
}

/** Pods of daemon sets say themselves where they belong. */
function affinityNode(pod: Pod): string | undefined {
  return pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0]
}

export function readyNode(name: string, more: Partial<Node['metadata']> = {}): Draft<Node> {
  const at = timeText(0)
  return { metadata: { name, labels: { 'kubernetes.io/hostname': name }, ...more }, spec: {}, status: { capacity: { cpu: '8', memory: '16Gi', pods: '110' }, allocatable: { cpu: '8', memory: '16Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: at, lastTransitionTime: at }] } }
}

export function wrapped(client: Client, replaced: Partial<Client>): Client {
  return new Proxy(client, { get: (target, name) => (replaced as Record<PropertyKey, unknown>)[name] ?? bound(target, name) })
}

function bound(target: object, name: PropertyKey): unknown {
  const value = (target as Record<PropertyKey, unknown>)[name]
  return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value
}

/** FW3 */
function mortal(client: Client, signal: AbortSignal): Client {
  const never = new Promise<never>(() => {})
  const replaced = Object.fromEntries([...writes, 'get', 'list', 'raw'].map(name => [name, async (...given: unknown[]) => {
    if (signal.aborted) return never
    try {
      const answer = await (bound(client, name) as (...all: unknown[]) => Promise<unknown>)(...given)
      return signal.aborted ? await never : answer
    } catch (error) {
      if (signal.aborted) return never
      throw error
    }
  }]))
  return wrapped(client, replaced)
}
