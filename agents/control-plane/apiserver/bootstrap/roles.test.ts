/**
 * The roles and bindings every cluster starts with, one right a line, for review; GOLDEN=write makes the file anew. It has
 * been compared rule by rule with Kubernetes 1.36.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PolicyRule } from '../access/rbac-authorizer.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { wantedRbac } from './ensure-objects.ts'

function ruleLine({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  if (nonResourceURLs.length > 0) return `  ${verbs.join(' ')} of ${nonResourceURLs.join(' ')}`
  return `  ${verbs.join(' ')} of ${resources.join(' ')} in ${apiGroups.map(group => (group === '' ? 'core' : group)).join(' ')}${resourceNames.length === 0 ? '' : ` named ${resourceNames.join(' ')}`}`
}

function text(): string {
  const lines: string[] = []
  for (const { resource, namespace, object } of wantedRbac()) {
    const where = namespace === '' ? '' : ` in ${namespace}`
    const labels = Object.keys((object.metadata as unknown as KubeObject['metadata']).labels ?? {}).filter(label => label !== 'kubernetes.io/bootstrapping')
    lines.push('', `${resource} ${object.metadata.name}${where}${labels.length === 0 ? '' : ` (${labels.join(' ')})`}`)
    if (resource.endsWith('bindings')) lines.push(`  ${textAt(object, 'roleRef', 'kind')} ${textAt(object, 'roleRef', 'name')} to ${listAt(object, 'subjects').map(subject => `${textAt(subject, 'kind')} ${textAt(subject, 'namespace') === '' ? '' : `${textAt(subject, 'namespace')}/`}${textAt(subject, 'name')}`).join(', ') || 'nobody'}`)
    else lines.push(...(listAt(object, 'rules') as PolicyRule[]).map(ruleLine))
  }
  return `${lines.join('\n').trimStart()}\n`
}

describe('roles every cluster starts with', () => {
  test('are those of the reviewed list', () => {
    const file = new URL('roles.golden.txt', import.meta.url)
    if (process.env['GOLDEN'] === 'write') writeFileSync(file, text())
    expect(text()).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
  })

  test('BO2 a role that has lost a rule gets it back, unless it says no; what was added stays', () => {
    const wanted = wantedRbac().find(({ resource, object }) => resource === 'clusterroles' && object.metadata.name === 'system:discovery')!
    const existing = (rules: readonly PolicyRule[], autoupdate = 'true'): KubeObject => ({ kind: 'ClusterRole', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'system:discovery', annotations: { 'rbac.authorization.kubernetes.io/autoupdate': autoupdate } }, rules })
    const own: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/extra'] }
    expect(wanted.mend!(existing([own]))!['rules']).toEqual([own, ...listAt(wanted.object, 'rules')])
    expect(wanted.mend!(existing([own, ...(listAt(wanted.object, 'rules') as PolicyRule[])]))).toBeUndefined()
    expect(wanted.mend!(existing([], 'false'))).toBeUndefined()
  })

  test('BO2 a binding that has lost a subject gets it back', () => {
    const wanted = wantedRbac().find(({ resource, object }) => resource === 'clusterrolebindings' && object.metadata.name === 'cluster-admin')!
    const binding: KubeObject = { ...(wanted.object as unknown as KubeObject), kind: 'ClusterRoleBinding', apiVersion: 'v1', subjects: [{ kind: 'User', name: 'extra', apiGroup: 'rbac.authorization.k8s.io' }] }
    expect(listAt(wanted.mend!(binding), 'subjects').map(subject => textAt(subject, 'name'))).toEqual(['extra', 'system:masters'])
  })
})
