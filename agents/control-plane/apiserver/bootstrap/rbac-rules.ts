/** Short ways to write policy rules. */
import type { PolicyRule } from '../access/rbac-authorizer.ts'

export const readVerbs = ['get', 'list', 'watch']
export const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update']
export const readWriteVerbs = [...readVerbs, ...writeVerbs]

/** verbs and resources are blank-separated; groups are comma-separated, "-" is the core group. */
export function rule(verbs: string, groups: string, resources: string, names?: readonly string[]): PolicyRule {
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(',').map(group => (group === '-' ? '' : group)),
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: names }),
  }
}

export function pathRule(verbs: string, ...urls: readonly string[]): PolicyRule {
  return { verbs: verbs.split(' '), nonResourceURLs: urls }
}

export const eventsRule = rule('create patch update', '-,events.k8s.io', 'events')
