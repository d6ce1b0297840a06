/** Paths of the objects that faults are about. */
interface Named {
  readonly namespace: string
  readonly name: string
}

export function podPath(target: Named): string {
  return `/api/v1${inNamespace(target)}/pods/${encodeURIComponent(target.name)}`
}

export function servicePath(target: Named): string {
  return `/api/v1${inNamespace(target)}/services/${encodeURIComponent(target.name)}`
}

export function deploymentPath(target: Named): string {
  return `/apis/apps/v1${inNamespace(target)}/deployments/${encodeURIComponent(target.name)}`
}

export function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`
}

function inNamespace({ namespace }: Named): string {
  return `/namespaces/${encodeURIComponent(namespace)}`
}
