/**
 * Stories of the objects of labs: which components are read, and how objects are asked for and applied.
 *
 *   LS1  One collector a lab, however many follow. It reads nothing while nobody follows.
 *   LS2  A manifest is applied only when the components record already, so that its story has a beginning.
 */
import { parse } from 'yaml'
import type { Clock } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { Story, StorySubject } from '../../contract/stories.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { findResource, listResources } from '../cluster/find-resource.ts'
import { resourcePath } from '../cluster/resource-path.ts'
import { readAuditLog } from '../traces/audit-records.ts'
import { SpanCollector } from '../traces/span-collector.ts'
import type { SpanSource } from '../traces/span-collector.ts'
import { tellStory } from '../traces/story-teller.ts'
import { inspect } from './component-actions.ts'
import { desktopComponentsOf } from './control-plane.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

/** Services of a node that tell what they do. */
const tellers = ['kubelet', 'kube-proxy', 'overlay'] as const
const fieldManager = 'kubarium'

export class LabStories {
  readonly #clock: Clock
  readonly #collectors = new WeakMap<Lab, SpanCollector>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  follow(lab: Lab, subject: StorySubject, signal: AbortSignal): AsyncIterable<Story> {
    return tellStory(subject, {
      lab: lab.name, clock: this.#clock, collector: this.#collectorOf(lab),
      get: path => clientOf(lab).get(path),
      audit: () => readAuditLog(lab.files.log('kube-apiserver-audit')),
    }, signal)
  }

  async find(lab: Lab, kind: string, namespace: string | null, name: string): Promise<StorySubject> {
    const found = findResource(await listResources(clientOf(lab)), kind)
    if (found === undefined) throw new LabError('not-found', `lab ${lab.name} has no resource "${kind}"; see: kubectl api-resources`)
    const { group, version, resource, namespaced } = found
    return { of: { group, version, resource }, namespace: namespaced ? (namespace ?? 'default') : null, name }
  }

  async apply(lab: Lab, manifest: string): Promise<StorySubject> {
    const object = readManifest(manifest)
    using _held = await this.#collectorOf(lab).hold() // LS2
    const client = clientOf(lab)
    const [version = '', group = ''] = object.apiVersion.split('/').reverse()
    const found = (await listResources(client)).find(each => each.kind === object.kind && each.group === group)
    if (found === undefined) throw new LabError('not-found', `lab ${lab.name} does not know ${object.kind} of ${object.apiVersion}`)
    const of = { group, version, resource: found.resource }
    const namespace = found.namespaced ? (object.metadata.namespace ?? 'default') : null
    const path = `${resourcePath(of, namespace, object.metadata.name)}?fieldManager=${fieldManager}`
    await client.patch(path, 'application/apply-patch+yaml', object).catch((error: unknown) => { throw new LabError('invalid-argument', errorText(error)) })
    return { of, namespace, name: object.metadata.name }
  }

  /** Of a lab that was put back to another moment nothing is known; who follows a story begins anew. */
  forget(lab: Lab): void {
    this.#collectors.get(lab)?.forget()
  }

  /** LS1 */
  #collectorOf(lab: Lab): SpanCollector {
    const known = this.#collectors.get(lab)
    if (known !== undefined) return known
    const collector = new SpanCollector({ clock: this.#clock, sources: () => sourcesOf(lab) })
    this.#collectors.set(lab, collector)
    return collector
  }
}

function sourcesOf(lab: Lab): readonly SpanSource[] {
  const source = (component: string, node: string | null): SpanSource => {
    const name = node === null ? component : `${component}@${node}`
    return { name, component, node, read: async cursor => lab.exportedSpans(name)?.read(cursor) ?? inspect(lab, name, cursor === null || cursor === '' ? 'spans' : `spans/${cursor}`) }
  }
  const nodes = lab.spec.nodes.filter(({ provider }) => provider !== 'simulated')
  return [...desktopComponentsOf(lab.spec).map(name => source(name, null)), ...nodes.flatMap(({ name }) => tellers.map(teller => source(teller, name)))]
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

function readManifest(text: string): Manifest {
  let object: Partial<Manifest> | null
  try {
    object = parse(text) as Partial<Manifest> | null
  } catch (error) {
    throw new LabError('invalid-argument', `the manifest is not YAML of one object: ${errorText(error)}`)
  }
  if (typeof object?.apiVersion !== 'string' || typeof object.kind !== 'string' || typeof object.metadata?.name !== 'string') throw new LabError('invalid-argument', 'the manifest needs apiVersion, kind and metadata.name')
  return object as Manifest
}

function clientOf(lab: Lab): ApiClient {
  if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running; start it with: kubarium up --name ${lab.name}`)
  return lab.client
}
