import { describe, expect, it } from 'vitest'
import type { Deployment, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { nextRevision, setAnnotations, sortOut } from './revision.ts'

const template = (image: string, labels: Record<string, string> = {}) => ({ metadata: { labels: { app: 'web', ...labels } }, spec: { containers: [{ name: 'c', image }] } })
const setOf = (name: string, image: string, creationTimestamp: string, revision = '0') => ({ metadata: { name, creationTimestamp, annotations: { 'deployment.kubernetes.io/revision': revision } }, spec: { template: template(image, { 'pod-template-hash': name }) } }) as unknown as ReplicaSet
const deploymentWith = (annotations: Record<string, string>) => ({ metadata: { name: 'web', annotations }, spec: { template: template('web:2') } }) as unknown as Deployment

describe('revisions of a Deployment', () => {
  it('DP1: of two sets with its template, whatever their hashes, the older is the new one', () => {
    const sets = [setOf('young', 'web:2', '2026-01-03T00:00:00Z'), setOf('other', 'web:1', '2026-01-01T00:00:00Z'), setOf('old', 'web:2', '2026-01-02T00:00:00Z')]
    const { newSet, oldSets } = sortOut(deploymentWith({}), sets)
    expect([newSet?.metadata.name, ...oldSets.map(({ metadata }) => metadata.name)]).toEqual(['old', 'other', 'young'])
  })

  it('DP2: a set that comes back gets the next number, and remembers those it had', () => {
    const revision = nextRevision([setOf('a', 'web:1', '', '3'), setOf('b', 'web:3', '', '2')])
    expect(revision).toBe(4)
    expect(setAnnotations(deploymentWith({}), revision, { 'deployment.kubernetes.io/revision': '2', 'deployment.kubernetes.io/revision-history': '1' })).toEqual({ 'deployment.kubernetes.io/revision': '4', 'deployment.kubernetes.io/revision-history': '1,2' })
  })

  it('DP3: a set carries its Deployment\'s annotations, not those of kubectl', () => {
    expect(setAnnotations(deploymentWith({ team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }), 1)).toEqual({ team: 'a', 'deployment.kubernetes.io/revision': '1' })
  })
})
