/** What a controller reads: every informer's cache by resource type. Objects are shared; copy before changing. */
import type { KubernetesObject, ResourceType } from '../api/resources.ts'
import type { Cache } from './cache.ts'
import { controllerIndex } from './cache.ts'
import type { Informers, InformerScope } from './informers.ts'
import type { ObjectKey } from './object-key.ts'
import { controllerOf } from './owner.ts'

export interface Caches {
  of<T extends KubernetesObject>(type: ResourceType<T>, scope?: InformerScope<T>): Cache<T>
  get<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey): T | undefined
  list<T extends KubernetesObject>(type: ResourceType<T>, namespace?: string): readonly T[]
  /** Objects whose controller owner has this uid. */
  ownedBy<T extends KubernetesObject>(type: ResourceType<T>, uid: string): readonly T[]
}

export function createCaches(informers: Informers): Caches {
  const of = <T extends KubernetesObject>(type: ResourceType<T>, scope?: InformerScope<T>): Cache<T> => informers.for(type, scope).cache
  return {
    of,
    get: (type, key) => of(type).get(key),
    list: (type, namespace) => of(type).list(namespace),
    ownedBy(type, uid) {
      const cache = of(type)
      cache.addIndex(controllerIndex, object => [controllerOf(object)?.uid ?? ''])
      return cache.byIndex(controllerIndex, uid)
    },
  }
}
