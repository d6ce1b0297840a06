/** The kubectl command that does what was just clicked. */
import type { ResourceKind } from '../../../electron/contract/resources.ts'
import { kindId } from '../../lib/kind-id.ts'

export type ClickedAction =
  | { readonly type: 'list'; readonly namespace: string | null }
  | { readonly type: 'get' | 'describe' | 'edit' | 'delete' | 'restart' | 'logs' | 'events' | 'exec'; readonly namespace: string | null; readonly name: string }
  | { readonly type: 'forward'; readonly namespace: string | null; readonly name: string; readonly localPort: number | null; readonly port: number }
  | { readonly type: 'scale'; readonly namespace: string | null; readonly name: string; readonly replicas: number }

export function kubectlCommand(kind: Pick<ResourceKind, 'group' | 'resource' | 'kind' | 'namespaced'>, action: ClickedAction): string {
  const of = kindId(kind)
  const where = !kind.namespaced ? '' : action.namespace === null ? ' -A' : ` -n ${action.namespace}`
  switch (action.type) {
    case 'list':
      return `kubectl get ${of}${where}`
    case 'get':
      return `kubectl get ${of} ${action.name}${where} -o yaml`
    case 'restart':
      return `kubectl rollout restart ${of}/${action.name}${where}`
    case 'forward':
      return `kubectl port-forward ${of}/${action.name}${where} ${action.localPort ?? ''}:${action.port}`
    case 'scale':
      return `kubectl scale ${of}/${action.name}${where} --replicas=${action.replicas}`
    case 'logs':
      return `kubectl logs ${of === 'pods' ? action.name : `${of}/${action.name} --all-pods`}${where} --all-containers -f`
    case 'events':
      return `kubectl events --for ${of}/${action.name}${where}`
    case 'exec':
      return `kubectl exec -it ${action.name}${where} -- sh`
    default:
      return `kubectl ${action.type} ${of} ${action.name}${where}`
  }
}
