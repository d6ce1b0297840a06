/**
 * Static pods: manifests in a folder of the node, run whether or not the API server is there, and shown to it as mirrors.
 *
 *   SP1  A manifest's pod is named <name>-<node>; its uid is the hash of node, file and content: a changed file is another
 *        pod, and the old one ends first.
 *   SP2  A manifest that cannot be read is reported and leaves the others alone; while the folder cannot be read nothing
 *        is ended.
 *   SP3  The mirror is owned by the Node and carries the hash; one with another hash, or being deleted, is replaced.
 *        Deleting a mirror does not end the pod.
 */
import { createHash } from 'node:crypto'
import { watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pods as podType } from '../../../api/resources.ts'
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { sleep, timeText, type Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Client } from '../../../machinery/client.ts'
import type { Change } from '../../../machinery/informer.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../../machinery/status-error.ts'
import type { StatusWriter } from '../status/status-writer.ts'
import type { PodWorkers } from './pod-workers.ts'

const annotation = { source: 'kubernetes.io/config.source', hash: 'kubernetes.io/config.hash', seen: 'kubernetes.io/config.seen', mirror: 'kubernetes.io/config.mirror' } as const
const lookEveryMs = 20_000

export interface StaticPodsDeps {
  readonly folder: string
  readonly nodeName: string
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly statuses: StatusWriter
  readonly workers: PodWorkers
  node(): Node | undefined
}

export class StaticPods {
  readonly #deps: StaticPodsDeps
  readonly #pods = new Map<string, Pod>()
  readonly #mirrors = new Map<string, Pod>()
  readonly #reported = new Map<string, string>()
  #changed = Promise.withResolvers<void>()

  constructor(deps: StaticPodsDeps) {
    this.#deps = deps
  }

  /** Follows the folder until the signal aborts. The first look is over when `load` has returned once. */
  async run(signal: AbortSignal): Promise<void> {
    const watcher = followFolder(this.#deps.folder, () => { this.#changed.resolve() })
    signal.addEventListener('abort', () => watcher?.close(), { once: true })
    while (!signal.aborted) {
      await Promise.race([sleep(this.#deps.clock, lookEveryMs, signal).catch(() => {}), this.#changed.promise])
      this.#changed = Promise.withResolvers()
      if (!signal.aborted) await this.load()
    }
  }

  async load(): Promise<void> {
    const { folder, log, nodeName, workers, clock } = this.#deps
    let names: string[]
    try {
      names = (await readdir(folder)).filter(name => /\.(ya?ml|json|manifest)$/.test(name) && !name.startsWith('.'))
    } catch (error) {
      log.warn('static pod folder could not be read', { folder, error: errorText(error) }) // SP2
      return
    }
    const found = new Map<string, Pod>()
    for (const name of names) {
      try {
        const text = await readFile(join(folder, name), 'utf8')
        const pod = readStaticPod(text, await parseManifest(text), name, nodeName, timeText(clock.now()))
        found.set(pod.metadata.uid, this.#pods.get(pod.metadata.uid) ?? pod)
        this.#reported.delete(name)
      } catch (error) {
        const message = errorText(error)
        if (this.#reported.get(name) !== message) log.error('static pod manifest is wrong', { file: join(folder, name), error: message })
        this.#reported.set(name, message)
      }
    }
    for (const [uid, pod] of this.#pods) {
      if (found.has(uid)) continue
      this.#pods.delete(uid)
      workers.remove(uid)
      const mirror = this.#mirrors.get(nameOf(pod))
      if (mirror !== undefined && ![...found.values()].some(other => nameOf(other) === nameOf(pod))) await this.#deleteMirror(mirror)
    }
    for (const [uid, pod] of found) {
      if (!this.#pods.has(uid)) log.info('static pod was found', { pod: pod.metadata.name, uid })
      this.#pods.set(uid, pod)
      workers.put(pod)
      await this.#ensureMirror(pod).catch(error => { log.debug('mirror pod could not be written', { pod: pod.metadata.name, error: errorText(error) }) })
    }
  }

  /** What the API server says of mirrors. */
  onMirror(change: Change<Pod>): void {
    const { object } = change
    const pod = [...this.#pods.values()].find(entry => nameOf(entry) === nameOf(object))
    if (change.type === 'deleted') this.#mirrors.delete(nameOf(object))
    else this.#mirrors.set(nameOf(object), object)
    if (pod !== undefined && change.type !== 'deleted' && object.metadata.annotations?.[annotation.mirror] === pod.metadata.annotations?.[annotation.hash]) this.#deps.statuses.observe(object, pod.metadata.uid)
    if (change.type === 'deleted' || pod === undefined || object.metadata.deletionTimestamp !== undefined) this.#changed.resolve() // SP3
  }

  async #ensureMirror(pod: Pod): Promise<void> {
    const { client, statuses, workers } = this.#deps
    const node = this.#deps.node()
    if (node === undefined) return
    const present = this.#mirrors.get(nameOf(pod))
    const hash = pod.metadata.annotations?.[annotation.hash] ?? ''
    if (present !== undefined) {
      if (present.metadata.annotations?.[annotation.mirror] === hash && present.metadata.deletionTimestamp === undefined) return
      await this.#deleteMirror(present)
      return
    }
    const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = pod.metadata
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true }]
    try {
      const made = await client.create(podType, { metadata: { ...metadata, annotations: { ...metadata.annotations, [annotation.mirror]: hash }, ownerReferences }, spec: pod.spec })
      this.#mirrors.set(nameOf(pod), made)
      statuses.observe(made, pod.metadata.uid)
      workers.byUid(pod.metadata.uid)?.wake()
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }

  async #deleteMirror(mirror: Pod): Promise<void> {
    try {
      await this.#deps.client.delete(podType, keyOf(mirror), { gracePeriodSeconds: 0, preconditions: { uid: mirror.metadata.uid } })
      this.#mirrors.delete(nameOf(mirror))
      this.#changed.resolve()
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}

async function parseManifest(text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{')) return JSON.parse(text)
  const { parse } = await import('yaml')
  return parse(text)
}

/** A manifest's pod as the kubelet runs it. Throws in words when it is none. */
export function readStaticPod(text: string, value: unknown, file: string, nodeName: string, seen: string): Pod {
  const manifest = value as Partial<Pod> | null
  if (manifest?.kind !== 'Pod' || manifest.apiVersion !== 'v1') throw new Error('the manifest is not a v1 Pod')
  const name = manifest.metadata?.name
  if (name === undefined || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) throw new Error('the pod has no proper metadata.name')
  const { spec } = manifest
  if (spec === undefined || !Array.isArray(spec.containers) || spec.containers.length === 0) throw new Error('the pod has no containers')
  const hash = createHash('md5').update(`${nodeName}\0${file}\0${text}`).digest('hex') // SP1
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      ...manifest.metadata, name: `${name}-${nodeName}`, namespace: manifest.metadata?.namespace ?? 'default', uid: hash, resourceVersion: '', creationTimestamp: seen,
      annotations: { ...manifest.metadata?.annotations, [annotation.hash]: hash, [annotation.seen]: seen, [annotation.source]: 'file' },
    },
    spec: {
      restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30, securityContext: {}, ...spec, nodeName,
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: {},
  }
}

function followFolder(folder: string, onChange: () => void): ReturnType<typeof watch> | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange)
    watcher.on('error', () => {})
    return watcher
  } catch {
    return undefined // the regular look finds it
  }
}
