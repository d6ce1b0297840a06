/**
 * events.k8s.io/v1 Events are core/v1 Events under other names.
 *
 *   VW1  note is message, regarding is involvedObject, and so on.
 *   VW3  There and back loses nothing.
 */
import type { KubeObject } from './kube-object.ts'
import type { View } from './served-resource.ts'

export const eventView: View = {
  toServed: stored => renamed(stored, 'events.k8s.io/v1', [
    ['involvedObject', 'regarding'],
    ['message', 'note'],
    ['reportingComponent', 'reportingController'],
    ['source', 'deprecatedSource'],
    ['firstTimestamp', 'deprecatedFirstTimestamp'],
    ['lastTimestamp', 'deprecatedLastTimestamp'],
    ['count', 'deprecatedCount'],
  ]),
  toStored: served => renamed(served, 'v1', [
    ['regarding', 'involvedObject'],
    ['note', 'message'],
    ['reportingController', 'reportingComponent'],
    ['deprecatedSource', 'source'],
    ['deprecatedFirstTimestamp', 'firstTimestamp'],
    ['deprecatedLastTimestamp', 'lastTimestamp'],
    ['deprecatedCount', 'count'],
  ]),
}

function renamed(object: KubeObject, apiVersion: string, names: readonly (readonly [string, string])[]): KubeObject {
  const { kind, apiVersion: _old, metadata, ...rest } = object
  const result: KubeObject = { kind, apiVersion, metadata }
  const to = new Map(names)
  for (const [name, value] of Object.entries(rest)) result[to.get(name) ?? name] = value
  return result
}
