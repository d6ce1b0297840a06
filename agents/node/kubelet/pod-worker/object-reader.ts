/**
 * ConfigMaps, Secrets, claims and volumes that pods name, read from the API server when needed.
 *
 *   OB1  Two who ask for the same object within two seconds share one answer; nothing is kept longer, so a pod started
 *        after a change sees it.
 *   OB2  Missing is undefined; any other failure is thrown.
 */
import { configMaps, persistentVolumeClaims, persistentVolumes, secrets } from '../../../api/resources.ts'
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret } from '../../../api/groups/core-v1/types.ts'
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Client } from '../../../machinery/client.ts'
import { isNotFound } from '../../../machinery/status-error.ts'

const shareMs = 2_000

export class ObjectReader {
  readonly #client: Client
  readonly #clock: Clock
  readonly #recent = new Map<string, { atMs: number; object: Promise<unknown> }>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#read(configMaps, namespace, name)
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#read(secrets, namespace, name)
  }

  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return this.#read(persistentVolumeClaims, namespace, name)
  }

  volume(name: string): Promise<PersistentVolume | undefined> {
    return this.#read(persistentVolumes, undefined, name)
  }

  #read<T extends KubernetesObject>(type: ResourceType<T>, namespace: string | undefined, name: string): Promise<T | undefined> {
    const nowMs = this.#clock.monotonic()
    for (const [key, { atMs }] of this.#recent) if (nowMs - atMs >= shareMs) this.#recent.delete(key)
    const key = `${type.resource}/${namespace ?? ''}/${name}`
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent.object as Promise<T | undefined> // OB1
    const object = this.#client.get(type, namespace === undefined ? { name } : { namespace, name }).catch(error => {
      this.#recent.delete(key)
      if (isNotFound(error)) return undefined // OB2
      throw error
    })
    this.#recent.set(key, { atMs: nowMs, object })
    return object
  }
}
