/** Where the groups that this server answers itself stand among all: the priorities of their APIServices, as upstream's. */
const builtIn: Readonly<Record<string, number>> = {
  '': 18_000, 'apiregistration.k8s.io': 18_000, apps: 17_800, 'events.k8s.io': 17_750, 'authentication.k8s.io': 17_700, 'authorization.k8s.io': 17_600,
  autoscaling: 17_500, batch: 17_400, 'certificates.k8s.io': 17_300, 'networking.k8s.io': 17_200, policy: 17_100, 'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800, 'admissionregistration.k8s.io': 16_700, 'apiextensions.k8s.io': 16_700, 'scheduling.k8s.io': 16_600, 'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300, 'discovery.k8s.io': 16_200, 'flowcontrol.apiserver.k8s.io': 16_100, 'resource.k8s.io': 16_200,
}
const customPriority = 1_000

export function groupPriorityOf(group: string): number {
  return isBuiltInGroup(group) ? builtIn[group]! : customPriority
}

export function isBuiltInGroup(group: string): boolean {
  return Object.hasOwn(builtIn, group)
}
