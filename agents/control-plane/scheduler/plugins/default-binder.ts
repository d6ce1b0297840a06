/**
 * DefaultBinder: binds a pod through the binding subresource.
 *
 *   DB1  The binding names the pod's uid, so that a namesake that came after it is not bound.
 */
import { pods } from '../../../api/resources.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { BindPlugin } from '../framework/plugin.ts'

export function newDefaultBinder({ client }: Pick<PluginHandle, 'client'>): BindPlugin {
  return {
    name: 'DefaultBinder',
    async bind(pod, nodeName, signal) {
      const { name, namespace, uid } = pod.metadata
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: nodeName } } // DB1
      await client.createSubresource(pods, { namespace: namespace!, name }, 'binding', binding, signal)
      return 'bound'
    },
  }
}
