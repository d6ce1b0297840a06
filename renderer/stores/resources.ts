/** Objects of the cluster, one feed a resource and lab, followed while a screen looks at them. */
import { type ShallowRef, onScopeDispose, shallowRef, watch } from 'vue'
import type { PlainObject, ResourceAddress, ResourceChange } from '../../electron/contract/resources.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Feed } from '../lib/feed.ts'
import { itemsOf } from '../lib/feed.ts'
import { useLabsStore } from './labs.ts'

export const podResource: ResourceAddress = { group: '', version: 'v1', resource: 'pods' }
export const serviceResource: ResourceAddress = { group: '', version: 'v1', resource: 'services' }

/** Follows as long as the calling component lives; begins anew when another lab is looked at. */
export function useResources(of: ResourceAddress): ShallowRef<Feed<PlainObject>> {
  const labs = useLabsStore()
  const bridge = useBridge()
  const feed = shallowRef<Feed<PlainObject>>({ state: 'waiting' })
  let stop: (() => void) | undefined
  watch(() => labs.lab?.spec.name, name => {
    stop?.()
    stop = undefined
    feed.value = { state: 'waiting' }
    if (name === undefined) return
    const objects = new Map<string, PlainObject>()
    stop = bridge.follow('resources/watch', { lab: name, of, namespace: null }, {
      item: change => { feed.value = applyChange(objects, change, feed.value) },
      lost: () => { feed.value = { state: 'lost', items: itemsOf(feed.value), reason: '' } },
      ended: error => { feed.value = { state: 'lost', items: itemsOf(feed.value), reason: error?.message ?? '' } },
    })
  }, { immediate: true })
  onScopeDispose(() => stop?.())
  return feed
}

export function applyChange(objects: Map<string, PlainObject>, change: ResourceChange, before: Feed<PlainObject>): Feed<PlainObject> {
  switch (change.type) {
    case 'replaced':
      objects.clear()
      for (const object of change.objects) objects.set(object.metadata.uid, object)
      break
    case 'changed':
      objects.set(change.object.metadata.uid, change.object)
      break
    case 'removed':
      objects.delete(change.uid)
      break
    case 'lost':
      return { state: 'lost', items: itemsOf(before), reason: change.reason }
  }
  return { state: 'live', items: [...objects.values()] }
}
